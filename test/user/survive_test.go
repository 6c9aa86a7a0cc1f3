// SPDX-License-Identifier: Apache-2.0

package user

import (
	"strings"
	"testing"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

// pids returns the main processes of both workers.
func (s side) pids(t *testing.T) string {
	t.Helper()
	return s.systemctl(t, "show", "-P", "MainPID", "kresd@1.service", "kresd@2.service")
}

func (s side) kresctl(t *testing.T, args ...string) string {
	t.Helper()
	return want(t, s.command(append([]string{product.Programs + "/kresctl", "-s", s.place.Rundir + "/kres-api.sock"}, args...)...))
}

// TestAManagerThatIsKilledIsFollowed kills the manager: no one notices, and
// the next one adopts what runs and changes it.
func TestAManagerThatIsKilledIsFollowed(t *testing.T) {
	login(t)
	for title, s := range map[string]side{"user": userSide(), "root": rootSide()} {
		t.Run(title, func(t *testing.T) {
			first := begin(t, s.command(product.Programs+"/kresd-manager", "run", "-c", "/home/"+name+"/my.yaml"))
			first.endAtCleanup(t, s.command, s.ctl...)
			first.ready(t)
			s.kresctl(t, "config", "set", "-p", "/local-data/addresses/host.example", `"192.0.2.7"`)
			before := s.pids(t)
			enough := asking(t, 5300, "host.example.", "192.0.2.7")
			_ = first.signal(t, "KILL")
			expect(t, 5300, "host.example.", "192.0.2.7")
			second := begin(t, s.command(s.manager...))
			second.ready(t)
			expect(t, 5300, "host.example.", "192.0.2.7") // what was changed lives on
			if after := s.pids(t); after != before {
				t.Errorf("the processes were %q and are %q\n%s", before, after, &second.out)
			}
			// A manager in the same run directory is refused.
			r := sut.Run(t.Context(), s.command(s.manager...))
			if r.Code != 69 || !strings.Contains(r.Stderr, "another manager") {
				t.Errorf("a second manager ends with %d and says\n%s", r.Code, r.Stderr)
			}
			s.kresctl(t, "config", "set", "-p", "/nsid", `"x"`)
			expect(t, 5300, "host.example.", "192.0.2.7")
			if after := s.pids(t); after == before {
				t.Errorf("a change of the workers' configuration restarted none of %q", before)
			}

			s.systemctl(t, "restart", "kresd@1.service")
			enough()

			// A worker that dies is systemd's, one that is stopped is ours.
			root(t, "sh", "-c", "kill -KILL "+strings.Fields(s.pids(t))[0])
			eventually(t, "the worker is back", func() bool { return !strings.Contains(" "+s.pids(t), " 0") && s.active(t, 2) })
			s.systemctl(t, "stop", "kresd@2.service")
			eventually(t, "the other worker is back", func() bool { return s.active(t, 2) })

			// Whoever stops the slice means all of it.
			s.systemctl(t, "stop", s.place.Slice())
			r = sut.Run(t.Context(), s.command(product.Programs+"/kresctl", "-s", s.place.Rundir+"/kres-api.sock", "status"))
			if !s.active(t, 0) || !strings.Contains(r.Stdout, "stopped") {
				t.Errorf("after the stop of the slice:\n%s", r.Stdout)
			}
			s.kresctl(t, "reload", "--force")
			expect(t, 5300, "host.example.", "192.0.2.1") // as the file says
			s.kresctl(t, "stop")
			if err := <-second.done; err != nil || !s.active(t, 0) {
				t.Errorf("after kresctl stop: %v\n%s", err, &second.out)
			}
		})
	}
}

// active reports whether so many workers are active.
func (s side) active(t *testing.T, n int) bool {
	t.Helper()
	out := s.systemctl(t, "list-units", "--plain", "--no-legend", "--state=active", "kresd@*.service")
	return strings.Count(out, "\n") == n
}

// TestRefusals are starts that cannot go well: the message says why and what
// would be right.
func TestRefusals(t *testing.T) {
	login(t)
	low := "/home/" + name + "/low.yaml"
	if err := sut.WriteFile(low, []byte("network: {listen: [{interface: 127.0.0.1@5300}, {interface: 127.0.0.1}]}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	there := "/home/" + name + "/there.yaml"
	if err := sut.WriteFile(there, []byte("rundir: /run/knot-resolver\nmanagement: {unix-socket: /run/user/1000/knot-resolver/kres-api.sock}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	my := "/home/" + name + "/my.yaml"
	program := product.Programs + "/kresd-manager"
	noSession := cmd(program, "--transient", "-c", my)
	noSession.Env = nil
	noBus := cmd(program, "run", "--user", "-c", my)
	noBus.Env = []string{"XDG_RUNTIME_DIR=" + session, "DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere"}
	elsewhere := cmd(program, "run", "--user", "-c", my)
	elsewhere.Env = append(elsewhere.Env, "XDG_CACHE_HOME=/home/"+name+"/a b")
	for title, c := range map[string]struct {
		cmd   machine.Cmd
		code  int
		words []string
	}{
		"a low port":               {cmd(program, "run", "--user", "-c", low), 78, []string{"/network/listen/1", "port 53", "ip_unprivileged_port_start", "5300"}},
		"another rundir":           {cmd(program, "run", "-c", my, there), 78, []string{"/rundir", "--rundir /run/knot-resolver"}},
		"the system's units":       {noSession, 2, []string{"only root may add units to the system's systemd", "--user"}},
		"no bus":                   {noBus, 1, []string{"/nowhere", "dbus-user-session"}},
		"a directory with a space": {elsewhere, 1, []string{"a b/knot-resolver", "without spaces"}},
	} {
		t.Run(title, func(t *testing.T) {
			r := sut.Run(t.Context(), c.cmd)
			if r.Code != c.code {
				t.Errorf("exit %d, want %d", r.Code, c.code)
			}
			for _, w := range c.words {
				if !strings.Contains(r.Stderr, w) {
					t.Errorf("it does not say %q:\n%s", w, r.Stderr)
				}
			}
		})
	}
	if left := running(t); left != "" {
		t.Errorf("something was started:\n%s", left)
	}
}

// TestInstalledUnitsAreNotMixed starts as root where a unit file of ours is.
func TestInstalledUnitsAreNotMixed(t *testing.T) {
	login(t)
	if err := sut.WriteFile("/run/systemd/system/kresd@.service", []byte("[Service]\nExecStart=/bin/true\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	defer root(t, "sh", "-ec", "rm /run/systemd/system/kresd@.service; systemctl daemon-reload")
	r := sut.Run(t.Context(), machine.Cmd{Args: rootSide().manager})
	if r.Code != 1 || !strings.Contains(r.Stderr, "kresd@.service is installed") {
		t.Errorf("exit %d:\n%s", r.Code, r.Stderr)
	}
}

// TestLimits are there from the first start on, and change without a restart.
func TestLimits(t *testing.T) {
	login(t)
	limited := "/home/" + name + "/limited.yaml"
	for title, s := range map[string]side{"user": userSide(), "root": rootSide()} {
		t.Run(title, func(t *testing.T) {
			text := basic + "systemd: {memory-max: 200M, restart: always, slice: " + s.place.Slice() + "}\n"
			if err := sut.WriteFile(limited, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			p := begin(t, s.command(product.Programs+"/kresd-manager", "run", "-c", limited))
			p.endAtCleanup(t, s.command, s.ctl...)
			p.ready(t)
			expectMax := func(want string, workers ...string) {
				t.Helper()
				got := strings.Fields(s.systemctl(t, append([]string{"show", "-P", "MemoryMax"}, workers...)...))
				for _, g := range got {
					if g != want {
						t.Errorf("MemoryMax of %q is %q, want %s\n%s", workers, got, want, &p.out)
						return
					}
				}
			}
			expectMax("209715200", "kresd@1.service", "kresd@2.service")
			before := s.pids(t)
			s.kresctl(t, "config", "set", "-p", "/systemd/memory-max", "300M")
			expectMax("314572800", "kresd@1.service", "kresd@2.service")
			s.kresctl(t, "config", "set", "-p", "/workers", "3")
			expectMax("314572800", "kresd@1.service", "kresd@2.service", "kresd@3.service")
			s.kresctl(t, "config", "delete", "-p", "/systemd/memory-max")
			expectMax("infinity", "kresd@1.service", "kresd@2.service", "kresd@3.service")
			if after := s.pids(t); after != before {
				t.Errorf("the processes were %q and are %q", before, after)
			}
			s.kresctl(t, "stop")
			<-p.done
		})
	}
}
