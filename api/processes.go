// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"slices"
	"strings"

	"kresd-manager/api/wire"
	"kresd-manager/units"
)

var processTypes = map[units.Role]string{
	units.RoleWorker: "KRESD",
	units.RoleCanary: "KRESD",
	units.RoleGC:     "GC",
	units.RoleLoader: "POLICY_LOADER",
}

// processes lists the processes that run, of one type or all.
func (h *handlers) processes(w *response, r *http.Request) error {
	var types []string
	kind := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/processes"), "/")
	switch kind {
	case "", "all":
		types = []string{"KRESD", "GC", "POLICY_LOADER"}
	case "kresd":
		types = []string{"KRESD"}
	case "gc":
		types = []string{"GC"}
	default:
		return malformed("there is no type of process %s; use all, kresd or gc", printable(kind))
	}
	status, err := h.ctl.Status(r.Context())
	if err != nil {
		return err
	}
	list := []wire.Process{}
	for _, u := range status.Units {
		t := processTypes[u.Role]
		if u.PID == 0 || !slices.Contains(types, t) {
			continue
		}
		list = append(list, wire.Process{Type: t, PID: u.PID, Status: processStatus(u)})
	}
	return sendJSON(w, list, "    ")
}

// processStatus puts the state of a unit into the five words there are.
func processStatus(u units.UnitStatus) string {
	switch u.Active {
	case "active", "reloading":
		return "RUNNING"
	case "inactive":
		return "EXITED"
	case "failed":
		return "FATAL"
	}
	return "UNKNOWN" // on its way up or down
}
