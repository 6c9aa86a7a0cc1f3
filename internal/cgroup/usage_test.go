// SPDX-License-Identifier: Apache-2.0

package cgroup

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kresd-manager/units"
)

// tree makes a cgroup hierarchy of files.
func tree(t *testing.T, files map[string]string) System {
	t.Helper()
	dir := t.TempDir()
	for path, text := range files {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return System{Cgroup: dir}
}

const slice = "/system.slice/system-kresd.slice"

func TestOOMKillsAreThoseOfTheSlice(t *testing.T) {
	for _, c := range []struct {
		name, events string
		n            uint64
		ok           bool
	}{
		{"two", "low 0\nhigh 3\nmax 7\noom 4\noom_kill 2\noom_group_kill 1\n", 2, true},
		{"none", "low 0\noom 0\noom_kill 0\n", 0, true},
		{"an old kernel", "low 0\n", 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := tree(t, map[string]string{slice + "/memory.events": c.events, slice + "/kresd@1.service/memory.events": "oom_kill 99\n"})
			if n, ok := s.OOMKills(slice + "/kresd@1.service"); n != c.n || ok != c.ok {
				t.Errorf("%d, %t; want %d, %t", n, ok, c.n, c.ok)
			}
		})
	}
	if _, ok := tree(t, nil).OOMKills(slice + "/kresd@1.service"); ok {
		t.Error("known without a controller")
	}
	if _, ok := (System{}).OOMKills(""); ok {
		t.Error("known of no cgroup")
	}
}

func TestUsageIsThatOfTheCgroup(t *testing.T) {
	const unit = slice + "/kresd@1.service"
	s := tree(t, map[string]string{
		unit + "/memory.current": "1000\n",
		unit + "/memory.peak":    "3000\n",
		unit + "/pids.current":   "2\n",
		unit + "/cpu.stat":       "usage_usec 1500000\nuser_usec 1\n",
		unit + "/memory.events":  "oom 2\noom_kill 1\n",
		unit + "/cgroup.events":  "populated 1\nfrozen 0\n",
	})
	u := s.Usage(unit, os.Getpid())
	if u.MemoryPeak != 3000 || u.Tasks != 2 || u.CPU != units.Seconds(1500*time.Millisecond) || u.OOMKills == nil || *u.OOMKills != 1 {
		t.Errorf("%+v", u)
	}
	p, _ := s.Process(os.Getpid())
	if m := s.Memory(unit, p); m != 1000 {
		t.Errorf("memory %d", m)
	}
	if populated, _ := s.Events(unit); !populated {
		t.Error("no one is there")
	}
}

func TestMissingTellsWhereAControllerGetsLost(t *testing.T) {
	const unit = slice + "/kresd@1.service"
	s := tree(t, map[string]string{
		"cgroup.controllers":                              "cpuset cpu io memory\n",
		"system.slice/cgroup.controllers":                 "cpu io memory\n",
		slice[1:] + "/cgroup.controllers":                 "cpu memory\n",
		slice[1:] + "/kresd@1.service/cgroup.controllers": "cpu memory\n",
	})
	for _, c := range []struct{ need, missing, where string }{
		{"cpu memory", "", ""},
		{"cpu io", "io", slice},
		{"pids", "pids", "/"},
	} {
		missing, where := s.Missing(unit, strings.Fields(c.need)...)
		if !slices.Equal(missing, strings.Fields(c.missing)) || where != c.where {
			t.Errorf("%s: %v missing at %s; want %s at %s", c.need, missing, where, c.missing, c.where)
		}
	}
	got := s.Unenforced(unit, map[string][]string{"io": {"io-weight"}, "pids": {"tasks-max"}, "cpu": {"cpu-weight"}})
	if len(got) != 2 || got[0].String() != "io-weight: set, and not enforced, because the cgroup controller io is not passed on to "+slice ||
		got[1].String() != "tasks-max: set, and not enforced, because the system has no cgroup controller pids" {
		t.Errorf("%v", got)
	}
	if missing, _ := s.Missing("/gone", "cpu"); missing != nil {
		t.Errorf("%v is missing where no one can look", missing)
	}
}
