// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"os"
	"path/filepath"
	"testing"
)

func TestOOMKillsAreThoseOfTheSlice(t *testing.T) {
	const slice = "system.slice/system-kresd.slice"
	for _, c := range []struct {
		name, group, events string
		n                   uint64
		ok                  bool
	}{
		{"two", "0::/" + slice + "/kresd@1.service\n", "low 0\nhigh 3\nmax 7\noom 4\noom_kill 2\noom_group_kill 1\n", 2, true},
		{"none", "0::/" + slice + "/kresd@1.service\n", "low 0\noom 0\noom_kill 0\n", 0, true},
		{"no controller", "0::/" + slice + "/kresd@1.service\n", "", 0, false},
		{"an old kernel", "0::/" + slice + "/kresd@1.service\n", "low 0\n", 0, false},
		{"version 1 only", "5:memory:/" + slice + "/kresd@1.service\n", "oom_kill 2\n", 0, false},
		{"no process", "", "oom_kill 2\n", 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			write := func(path, text string) {
				if text == "" {
					return
				}
				path = filepath.Join(dir, path)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			write("proc/7/cgroup", c.group)
			write("proc/self/cgroup", "0::/\n")
			write("cgroup/"+slice+"/memory.events", c.events)
			write("cgroup/"+slice+"/kresd@1.service/memory.events", "oom_kill 99\n")
			if n, ok := oomKills(filepath.Join(dir, "proc"), filepath.Join(dir, "cgroup"), 7); n != c.n || ok != c.ok {
				t.Errorf("%d, %t; want %d, %t", n, ok, c.n, c.ok)
			}
		})
	}
}
