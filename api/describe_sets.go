// SPDX-License-Identifier: Apache-2.0

package api

import (
	"reflect"

	"kresd-manager/api/openapi"
	"kresd-manager/units"
)

// set is a type of package units whose values are a closed set.
func set[T ~string](values ...T) map[reflect.Type]openapi.Schema {
	return map[reflect.Type]openapi.Schema{reflect.TypeFor[T](): {"type": "string", "enum": values}}
}

// withSets adds the closed sets of package units to known types.
func withSets(known map[reflect.Type]openapi.Schema) map[reflect.Type]openapi.Schema {
	for _, s := range []map[reflect.Type]openapi.Schema{
		set(units.ChangeQueued, units.ChangeApplying, units.ChangeApplied, units.ChangeRefused, units.ChangeCanceled, units.ChangeUndone),
		set(units.Core, units.Needed, units.Dispensable),
		set(units.EventBegin, units.EventStep, units.EventDone, units.EventFailed, units.EventRestore, units.EventApplied, units.EventRefused, units.EventRepair, units.EventRepaired, units.EventCrash, units.EventGap),
		set(units.Mute, units.Slow, units.CutOff, units.Astray, units.Untold, units.RulesGone),
		set(units.InputCurrent, units.InputChanged, units.InputMissing, units.InputUnknown, units.InputDegraded),
		set(units.UseRenew, units.UseStart, units.UseRules),
		set(units.Set, units.Try, units.Load, units.Reset, units.Renew, units.Start, units.Restart, units.Stop),
		set(units.RoleWorker, units.RoleCanary, units.RoleLoader, units.RoleGC, units.RoleComponent),
		set(units.TraceView, units.TracePolicy, units.TraceRule, units.TraceResolve, units.TraceCacheHit, units.TraceMiss, units.TraceAsk, units.TraceReply, units.TraceFault, units.TraceReferral, units.TraceAlias, units.TraceRetry, units.TraceStore, units.TraceSecure, units.TraceInsecure, units.TraceBogus, units.TraceFailed),
	} {
		for t, schema := range s {
			known[t] = schema
		}
	}
	return known
}
