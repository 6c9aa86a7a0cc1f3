// SPDX-License-Identifier: Apache-2.0

package doors

import (
	"encoding/xml"
	"slices"
	"strings"
	"testing"
)

// what a method does for our users.
type what int

const (
	reads   what = iota + 1 // says what anyone may know, and changes nothing
	ours                    // is allowed to the manager's user on units of the rule
	refused                 // is for neither of the two
)

// method is one that was looked at.
type method struct {
	what what
	args []string // a call that would do something if it were allowed
	// says is in the error where that is no refusal: systemd finds another fault
	// before it asks who calls.
	says string
}

// introspected returns the methods of an object, by interface.
func (s System) introspected(t *testing.T, o Object) map[string][]string {
	t.Helper()
	var node struct {
		Interfaces []struct {
			Name    string `xml:"name,attr"`
			Methods []struct {
				Name string `xml:"name,attr"`
			} `xml:"method"`
		} `xml:"interface"`
	}
	text := s.must(t, "busctl", "--xml-interface", "introspect", o.service, o.path)
	if err := xml.Unmarshal([]byte(text), &node); err != nil {
		t.Fatalf("cannot read what %s has: %v", o.path, err)
	}
	found := map[string][]string{}
	for _, i := range node.Interfaces {
		found[i.Name] = nil
		for _, m := range i.Methods {
			found[i.Name] = append(found[i.Name], m.Name)
		}
	}
	return found
}

// bus tries all methods of an object as both users. Only what the table says is
// allowed may be, and only if the object is one that the manager may control.
func (s System) bus(t *testing.T, o Object, controls bool) (tried int) {
	t.Helper()
	asked := map[string][]method{}
	requests := map[string][]request{}
	for face, names := range s.introspected(t, o) {
		table, known := faces[face]
		if !known {
			t.Errorf("%s has the interface %s, which no one has looked at: see what its methods can do to whom, "+
				"and add it to faces in test/doors", o.path, face)
			continue
		}
		for _, name := range names {
			m, known := table[name]
			if !known {
				t.Errorf("%s has the method %s of %s, which no one has looked at: see what it can do to whom, "+
					"and add it to the table of that interface in test/doors", o.path, name, face)
				continue
			}
			for _, user := range []string{Manager, Worker} {
				if m.what == reads || m.what == ours && user == Manager && controls {
					continue
				}
				tried++
				asked[user] = append(asked[user], m)
				requests[user] = append(requests[user], request{Object{o.service, o.path, face}, name, m.args})
			}
		}
	}
	for user, all := range requests {
		for i, got := range s.calls(t, user, all) {
			asked[user][i].refused(t, user, all[i], got)
		}
	}
	return tried
}

func (s System) refuses(t *testing.T, user string, o Object, name string, m method) {
	t.Helper()
	m.refused(t, user, request{o, name, m.args}, s.Call(t, user, o, name, m.args...))
}

// refused fails the test unless that is what a call has come to.
func (m method) refused(t *testing.T, user string, r request, got string) {
	t.Helper()
	if got == Refused || m.says != "" && strings.Contains(got, m.says) {
		return
	}
	t.Errorf("%s: %s of %s with %q is not refused: %s", user, r.method, r.object.path, r.args, got)
}

// several gives methods that take the same arguments the same entry.
func several(m method, names ...string) map[string]method {
	all := map[string]method{}
	for _, n := range names {
		all[n] = m
	}
	return all
}

// join puts tables together; no method is in two of them.
func join(tables ...map[string]method) map[string]method {
	all := map[string]method{}
	for _, table := range tables {
		for name, m := range table {
			if _, twice := all[name]; twice {
				panic("doors: " + name + " is in two tables")
			}
			all[name] = m
		}
	}
	return all
}

// Bus tries every method of systemd's own object and of those of our units, as
// both users, and a job that is not theirs. It returns how many calls were refused.
func (s System) Bus(t *testing.T) (refused int) {
	t.Helper()
	s.must(t, "systemctl", "start", login)
	job := s.foreignJob(t)
	before := s.states(t)
	refused += s.bus(t, Systemd, false)
	for _, unit := range []string{"kresd@1.service", "kres-gc.service", "kres-policy-loader.service"} {
		refused += s.bus(t, s.Unit(t, unit), true)
	}
	// Of these the manager may do less or nothing.
	for _, unit := range []string{"kresd-manager.service", "system-kresd.slice", "dbus.service", "basic.target", "-.mount"} {
		refused += s.bus(t, s.Unit(t, unit), false)
	}
	for _, unit := range []string{"kresd.target", "kresd-manager.socket"} {
		refused += s.bus(t, s.Unit(t, unit), true) // may be stopped
		for _, user := range []string{Manager, Worker} {
			for _, name := range []string{"Start", "Restart", "ResetFailed"} {
				s.refuses(t, user, s.Unit(t, unit), name, unitMethods[name])
				refused++
			}
		}
	}
	refused += s.bus(t, Object{Systemd.service, Systemd.path + "/job/" + job, ""}, false)
	refused += s.bus(t, Object{Systemd.service, "/org/freedesktop/LogControl1", ""}, false)
	for _, user := range []string{Manager, Worker} {
		s.refuses(t, user, Systemd, "CancelJob", method{args: []string{"u", job}})
		refused++
	}
	if after := s.states(t); !slices.Equal(before, after) {
		t.Errorf("what was refused had effects:\n%q\n%q", before, after)
	}
	if got := s.jobs(t); !strings.Contains(got, foreign) {
		t.Errorf("the job of %s is gone; those left are:\n%s", foreign, got)
	}
	return refused
}
