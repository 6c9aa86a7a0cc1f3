// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"testing"
	"time"
)

func TestBoot(t *testing.T) {
	start := time.Now()
	m, err := Boot(t.Context(), Options{Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	t.Log("booted in", time.Since(start))
	for range 3 {
		t.Logf("%+v", m.Run(t.Context(), Cmd{Args: []string{"true"}}))
	}
	t.Logf("%+v", m.Run(t.Context(), Cmd{User: "nobody", Unprivileged: true, Args: []string{"sh", "-c", "id; cat /proc/self/cgroup; grep Cap /proc/self/status"}}))
	t.Logf("%+v", m.Sh(t.Context(), "systemctl is-system-running; systemctl --failed; systemd-analyze; systemd-analyze blame | head -20; journalctl -p warning --no-pager; systemd-analyze critical-chain").Stdout)
	start = time.Now()
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	t.Log("closed in", time.Since(start))
}
