// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"kresd-manager/units"
)

// rundir is where the installed units meet.
const rundir = "/run/knot-resolver"

// again is what has systemd make directories and sockets anew. No worker notices.
const again = "systemctl restart " + units.Socket + " " + units.Manager

// emptyRules is the most that a rule database has in which nothing was ever
// written: two pages, bytes.
const emptyRules = 2 * 4096

// running looks for what keeps units that run from what they are for. What is in
// the directories of the workers belongs to their user: nothing in there is opened,
// and no link followed.
func (e *examination) running() {
	wanted := 1
	if e.config != nil {
		wanted = e.config.Workers
	}
	looked := []string{units.CacheGC, units.Manager}
	for n := range wanted {
		looked = append(looked, units.Worker(n+1))
	}
	forget := e.together(looked...)
	defer forget()
	for n := 1; n <= wanted; n++ {
		if !e.worker(n, wanted) {
			return
		}
	}
	for _, unit := range []string{units.CacheGC, units.Manager} {
		if o := observed(unit, e.show(unit, "ActiveState", "FreezerState", "MainPID")); o.Frozen() {
			e.find(o.AboutFrozen(), "it does nothing", o.Thaw())
		}
	}
	forget()
	e.rules()
	e.api()
}

// worker looks at one of the wanted workers; false is that systemd does not answer.
func (e *examination) worker(n, wanted int) bool {
	unit := units.Worker(n)
	p := e.show(unit, "LoadState", "ActiveState", "FreezerState", "MainPID")
	if p == nil {
		e.unseen("the workers: systemd does not answer")
		return false
	}
	if p["LoadState"] == "masked" && n > 1 { // the first is looked at with its files
		e.find(unit+" is masked", "no one can start it, and a change that restarts it fails", "systemctl unmask "+unit+"; systemctl unmask --runtime "+unit)
	}
	switch o := observed(unit, p); {
	case o.Stuck():
		e.find(o.AboutFrozen(), "it serves no one; other workers, if there are, do its work", o.Thaw())
		return true
	case o.ActiveState != "active":
		return true
	case o.Frozen():
		e.find(o.AboutFrozen(), fmt.Sprintf("the kernel still gives it queries: about 1 in %d of all are lost", wanted), o.Thaw())
		return true
	}
	switch info, err := os.Lstat(filepath.Join(rundir, "control", fmt.Sprint(n))); {
	case errors.Is(err, fs.ErrNotExist):
		e.find(unit+" has lost its control socket", "it cannot be notified of new rules; kresd-manager restarts it when it notices, within a minute", "systemctl restart "+unit)
	case err == nil && info.Mode()&fs.ModeSocket == 0:
		e.find(unit+" has something else in place of its control socket", "it cannot be notified of new rules; kresd-manager restarts it when it notices, within a minute", "systemctl restart "+unit)
	case err != nil && !e.root:
		e.unseen("control sockets, without root")
	}
	return true
}

// rules looks whether those that the policy-loader has written are there.
func (e *examination) rules() {
	p := e.show(units.PolicyLoader, "ActiveState")
	if p["ActiveState"] != "active" {
		return
	}
	work, err := os.OpenRoot(filepath.Join(rundir, "work"))
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) { // which is told of the directory
			e.unseen("the rule database, without root")
		}
		return
	}
	defer work.Close()
	why := "a worker that starts, or starts again, has to load them first, and serves no one if it cannot"
	fix := "systemctl restart " + units.PolicyLoader + "; kresctl reload --force"
	switch info, err := work.Lstat("ruledb/data.mdb"); {
	case errors.Is(err, fs.ErrNotExist):
		e.find("the rule database is gone", why, fix)
	case err == nil && (!info.Mode().IsRegular() || info.Size() <= emptyRules):
		e.find("the rule database is empty", why, fix)
	}
}

// api looks whether the socket of the API is in its place while it is served.
func (e *examination) api() {
	path := filepath.Join(rundir, "kres-api.sock")
	if e.show(units.Socket, "ActiveState")["ActiveState"] != "active" {
		return
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.find(path+", the socket of the API, is gone", "kresctl and other programs cannot reach kresd-manager there, and no request can start it", again)
	case err == nil && info.Mode()&fs.ModeSocket == 0:
		e.find(path+" is not a socket", "kresctl and other programs cannot reach kresd-manager there, and no request can start it", "rm -r "+path+"; "+again)
	}
}

// observed is what systemctl shows of a unit, as package units judges it.
func observed(unit string, p map[string]string) units.Observed {
	pid, _ := strconv.Atoi(p["MainPID"])
	return units.Observed{Name: unit, ActiveState: p["ActiveState"], FreezerState: p["FreezerState"], MainPID: pid}
}
