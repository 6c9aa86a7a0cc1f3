// SPDX-License-Identifier: Apache-2.0

// Package judge comes to a verdict on a configuration: what is wrong with it on this
// machine, and whether the processes of the resolver can use what it names, each as who
// it runs as. That is for a check before a start, for the status of a running manager,
// and for a look at an installation.
package judge

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"kresd-manager/internal/access"
	"kresd-manager/internal/installed"
	"kresd-manager/internal/unitfile"
	"kresd-manager/packaging"
	"kresd-manager/units"
)

// Readers are who the processes run as that use files of a configuration.
type Readers struct {
	Manager, Worker, Loader, Collector access.Identity
	// Self means that Manager is this process: what it tries is the truth.
	Self bool
	// Note says in words where this is known from.
	Note string
	// bound are paths of sockets that systemd makes and passes.
	bound []string
}

// Everyone is one account in place of all.
func Everyone(who access.Identity, note string) Readers {
	return Readers{Manager: who, Worker: who, Loader: who, Collector: who, Note: note}
}

// Account is one account in place of all, by its name.
func Account(name string) (Readers, error) {
	who, err := access.Lookup(name)
	return Everyone(who, "as --user says"), err
}

// Usual are the readers of this machine: by the files of the installed units;
// without any, root has those that are told by the units that come with this
// program, and an ordinary user has a resolver of one's own.
func Usual() (Readers, error) {
	if _, err := installed.Unit("", units.Manager); errors.Is(err, fs.ErrNotExist) && os.Geteuid() != 0 {
		who, err := access.Self()
		return Everyone(who, "no unit is installed, so that a resolver is yours"), err
	}
	return Installed()
}

// Installed are the readers by the files of the installed units, drop-ins
// included, and for a unit without a file by the one that comes with this
// program. It needs no systemd that runs.
func Installed() (Readers, error) {
	note := "by the files of the installed units"
	read := func(name string) (unitfile.Unit, error) {
		u, err := installed.Unit("", name)
		if errors.Is(err, fs.ErrNotExist) {
			note = "by the units that come with this program, since not all are installed"
			return packaging.Unit(name)
		}
		return u, err
	}
	r, err := by(read)
	r.Note = note
	return r, err
}

// Packaged are the readers by the units that come with this program, as transient
// units of the system have them.
func Packaged() (Readers, error) {
	r, err := by(func(name string) (unitfile.Unit, error) { return packaging.Unit(units.Packaged(name)) })
	r.Note = "by the units that come with this program"
	return r, err
}

func by(read func(name string) (unitfile.Unit, error)) (r Readers, err error) {
	for name, who := range map[string]*access.Identity{
		units.Worker(1): &r.Worker, units.PolicyLoader: &r.Loader, units.CacheGC: &r.Collector,
	} {
		u, err := read(name)
		if err != nil {
			return r, err
		}
		if *who, err = access.OfUnit(u); err != nil {
			return r, err
		}
	}
	u, err := read(units.Manager)
	if err != nil {
		return r, err
	}
	if r.Manager, err = access.OfUnit(u); err != nil {
		if _, ierr := installed.Unit("", units.Manager); !errors.Is(ierr, fs.ErrNotExist) {
			return r, err
		}
		r.Manager = r.Worker // there is no manager of ours on this machine
	}
	socket, err := read(units.Socket)
	if err != nil {
		return r, err
	}
	for _, o := range socket.Options {
		switch {
		case o.Section != "Socket" || o.Name != "ListenStream":
		case o.Value == "":
			r.bound = nil
		default:
			r.bound = append(r.bound, o.Value)
		}
	}
	return r, nil
}

// reader is an identity with the units that run as it.
type reader struct {
	access.Identity
	units []string
}

// who lists the readers, without those that are the same as one before.
func (r *Readers) who(which ...part) []reader {
	var all []reader
	for _, p := range which {
		one := map[part]reader{
			manager:   {r.Manager, []string{units.Manager}},
			worker:    {r.Worker, []string{"kresd@.service"}},
			loader:    {r.Loader, []string{units.PolicyLoader}},
			collector: {r.Collector, []string{units.CacheGC}},
		}[p]
		if i := slices.IndexFunc(all, func(o reader) bool { return o.Same(one.Identity) }); i >= 0 {
			all[i].units = append(all[i].units, one.units...)
			continue
		}
		all = append(all, one)
	}
	return all
}

// String says who is judged for.
func (r *Readers) String() string {
	all := r.who(manager, worker, loader, collector)
	words := make([]string, len(all))
	for i, one := range all {
		words[i] = one.Identity.String()
		if len(all) > 1 {
			words[i] += fmt.Sprintf(" (%s)", strings.Join(one.units, ", "))
		}
	}
	text := "judged for " + strings.Join(words, "; ")
	if r.Note != "" {
		text += ": " + r.Note
	}
	return text
}

// part is a kind of process.
type part int

const (
	manager part = iota
	worker
	loader
	collector
)

// uses say who uses what a key names; the first line that fits counts.
var uses = []struct {
	prefix string // of the pointer
	by     []part
}{
	{"/management/", []part{manager}},
	{"/rundir", []part{manager}}, // workers have a directory of their own in it
	{"/lua/policy-script-file", []part{loader}},
	{"/local-data/", []part{loader}},
	{"/forward/", []part{loader, worker}},
	{"/cache/storage", []part{worker, collector}},
	{"", []part{worker}},
}

func usersOf(pointer string) []part {
	for _, u := range uses {
		if strings.HasPrefix(pointer, u.prefix) {
			return u.by
		}
	}
	return nil
}
