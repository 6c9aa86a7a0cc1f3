// SPDX-License-Identifier: Apache-2.0

package units

import "slices"

// Pick returns the units with these names, in their order, or all without any. One that
// is not there is a *[UnitError].
func Pick(all []UnitStatus, named []string) ([]UnitStatus, error) {
	if len(named) == 0 {
		return all, nil
	}
	picked := []UnitStatus{}
	for _, name := range named {
		i := slices.IndexFunc(all, func(u UnitStatus) bool { return u.Unit == name })
		if i < 0 {
			return nil, &UnitError{Unit: name, Problem: "is not a unit of this resolver; see kresctl units", Unknown: true}
		}
		picked = append(picked, all[i])
	}
	return picked, nil
}

// Debugged returns the units whose processes somebody wants to attach a debugger to, each
// process once: of the units with these names, or with one word: "kresd", "gc" or "all". Without any it is
// the only worker, and none where there are more, since no one would be served then
// that did not ask for it.
func Debugged(all []UnitStatus, named []string) ([]UnitStatus, error) {
	runs := func(roles ...Role) []UnitStatus {
		return slices.DeleteFunc(slices.Clone(all), func(u UnitStatus) bool { return u.PID == 0 || len(roles) > 0 && !slices.Contains(roles, u.Role) })
	}
	var found []UnitStatus
	switch {
	case len(named) == 0:
		if found = runs(RoleWorker); len(found) > 1 {
			return nil, &UnitError{Problem: "name the worker, as kresctl debug 1: a debugger stops what it is attached to; all of them are kresctl debug kresd"}
		}
	case len(named) == 1 && named[0] == "kresd":
		found = runs(RoleWorker)
	case len(named) == 1 && named[0] == "gc":
		found = runs(RoleGC)
	case len(named) == 1 && named[0] == "all":
		found = runs()
	default:
		picked, err := Pick(all, named)
		if err != nil {
			return nil, err
		}
		for _, u := range picked {
			if u.PID == 0 {
				return nil, &UnitError{Unit: u.Unit, Problem: "does not run, so that there is no process to debug"}
			}
		}
		found = picked
	}
	var processes []UnitStatus
	for _, u := range found {
		if !slices.ContainsFunc(processes, func(other UnitStatus) bool { return other.PID == u.PID }) {
			processes = append(processes, u)
		}
	}
	if len(processes) == 0 {
		return nil, &UnitError{Problem: "no such process runs; see kresctl units"}
	}
	return processes, nil
}
