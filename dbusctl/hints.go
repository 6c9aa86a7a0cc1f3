// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"sync"

	"github.com/godbus/dbus/v5"

	"kresd-manager/units"
)

// maxHints is how many units can be known to have changed; with more of them,
// everything has.
const maxHints = 256

// hints collects which units may have changed. It is the signal handler of its
// connection: what the reader of the bus does with a signal is to add a name to
// a set, so that no flood of signals takes memory or holds up replies.
type hints struct {
	wake   chan struct{} // has room for one; filled when there is something to take
	memory *memory       // is told of all changes at once, before any answer that comes after them

	mu    sync.Mutex
	owner string // unique bus name of systemd; "" while it has none
	moved bool   // the bus has told of an owner
	h     hinted
}

// hinted is what changed since the last look.
type hinted struct {
	all     bool                // everything must be looked at again
	renewed bool                // systemd has another bus name and may not know us
	changed map[string]struct{} // units of ours
	loaded  map[string]struct{} // units of ours that systemd has read in
}

func newHints(m *memory) *hints {
	return &hints{wake: make(chan struct{}, 1), memory: m, h: empty()}
}

func empty() hinted {
	return hinted{changed: map[string]struct{}{}, loaded: map[string]struct{}{}}
}

// began says who owned systemd's name when it was asked for. What the bus told
// meanwhile is newer.
func (h *hints) began(owner string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.moved {
		h.owner = owner
	}
}

// everything means that any unit may have changed.
func (h *hints) everything() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.h.all = true
	h.wakeLocked()
}

func (h *hints) wakeLocked() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// take returns what has come and forgets it.
func (h *hints) take() hinted {
	h.mu.Lock()
	defer h.mu.Unlock()
	taken := h.h
	h.h = empty()
	return taken
}

// DeliverSignal is called by the reader of the bus, one signal after another.
func (h *hints) DeliverSignal(_, _ string, sig *dbus.Signal) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.noteLocked(sig) {
		h.wakeLocked()
	}
}

// noteLocked reports whether a signal says anything. Who sent it is compared,
// because any local user can send us a signal of any name; only the bus itself
// can send one as org.freedesktop.DBus.
func (h *hints) noteLocked(sig *dbus.Signal) bool {
	if sig.Name == busName+".NameOwnerChanged" {
		owner, ok := newOwner(sig)
		if !ok {
			return false
		}
		h.owner, h.moved = owner, true
		h.memory.doubt()
		if owner == "" {
			return false // there is no one to look at
		}
		h.h.all, h.h.renewed = true, true
		return true
	}
	if h.owner == "" || sig.Sender != h.owner {
		return false
	}
	switch sig.Name {
	case managerIface + ".Reloading":
		h.memory.forget()
		// A reload begins with true and ends with false.
		if len(sig.Body) != 1 || sig.Body[0] != false {
			return false
		}
		h.h.all = true
	case managerIface + ".UnitFilesChanged":
		h.memory.forget()
		h.h.all = true
	case managerIface + ".UnitNew":
		if len(sig.Body) == 0 {
			return false
		}
		unit, _ := sig.Body[0].(string)
		h.memory.loaded(unit)
		return h.addLocked(h.h.loaded, unit)
	case busName + ".Properties.PropertiesChanged":
		unit := unitOf(sig.Path)
		h.memory.changed(unit)
		if result, restarts, ok := howItEnded(sig); ok && ours(unit) {
			h.memory.told(unit, result, restarts)
		}
		return h.addLocked(h.h.changed, unit)
	default:
		return false
	}
	return true
}

// howItEnded is what a PropertiesChanged signal of a service says of its last end.
func howItEnded(sig *dbus.Signal) (result string, restarts uint32, ok bool) {
	if len(sig.Body) < 2 || sig.Body[0] != serviceIface {
		return "", 0, false
	}
	changed, _ := sig.Body[1].(map[string]dbus.Variant)
	result, ok = changed["Result"].Value().(string)
	restarts, counted := changed["NRestarts"].Value().(uint32)
	return result, restarts, ok && counted && result != ""
}

func (h *hints) addLocked(set map[string]struct{}, unit string) bool {
	if !ours(unit) {
		return false
	}
	if len(set) < maxHints {
		set[unit] = struct{}{}
	} else {
		h.h.all = true
	}
	return true
}

// newOwner reads a NameOwnerChanged signal about systemd.
func newOwner(sig *dbus.Signal) (owner string, ok bool) {
	if sig.Sender != busName || len(sig.Body) != 3 || sig.Body[0] != systemdName {
		return "", false
	}
	owner, ok = sig.Body[2].(string)
	return owner, ok
}

// ours reports whether a change of a unit is told: what we start and stop, and
// the target that an administrator does it with.
func ours(unit string) bool {
	if _, ok := units.RoleOf(unit); ok {
		return true
	}
	return unit == units.Target
}

// watched are the patterns of ours, as in systemctl list-units.
func watched() []string { return append(patterns(), units.Target) }
