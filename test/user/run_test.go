// SPDX-License-Identifier: Apache-2.0

package user

import (
	"bytes"
	"context"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

// output is what a process in the foreground writes.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// process is the manager in the foreground.
type process struct {
	cmd  *exec.Cmd
	out  output
	done chan error
}

// begin starts a session for the user, and the manager in it.
func begin(t *testing.T, c machine.Cmd) *process {
	t.Helper()
	p := &process{cmd: sut.Command(t.Context(), c), done: make(chan error, 1)}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	p.cmd.SysProcAttr.Setpgid = true
	p.cmd.Cancel = func() error { return syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.done <- p.cmd.Wait() }()
	return p
}

func (p *process) ready(t *testing.T) {
	t.Helper()
	eventually(t, "the manager is ready", func() bool {
		select {
		case err := <-p.done:
			t.Fatalf("the manager ended: %v\n%s", err, &p.out)
		default:
		}
		return strings.Contains(p.out.String(), "msg=ready")
	})
}

// signal sends a signal to the manager and waits for its end.
func (p *process) signal(t *testing.T, sig string) error {
	t.Helper()
	root(t, "sh", "-c", "kill -"+sig+" $(pidof kresd-manager)")
	return <-p.done
}

// TestRunBesideOthers has the stock service, root's resolver and a user's on one
// host. The first two share a run directory, so only one of them can be there.
func TestRunBesideOthers(t *testing.T) {
	login(t)
	if err := sut.WriteFile("/etc/knot-resolver/config.yaml", []byte(strings.Replace(basic, "5300", "5301", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	users := begin(t, cmd(product.Programs+"/kresd-manager", "run", "--user", "-c", "/home/"+name+"/my.yaml"))
	users.endAtCleanup(t, cmd, "systemctl", "--user")
	users.ready(t)

	s := rootSide()
	s.manager = []string{product.Programs + "/kresd-manager", "run"}
	roots := begin(t, s.command(s.manager...))
	roots.endAtCleanup(t, s.command, s.ctl...)
	roots.ready(t)
	expect(t, 5300, "host.example.", "192.0.2.1")
	expect(t, 5301, "host.example.", "192.0.2.1")
	want(t, cmd(product.Programs+"/kresctl", "-s", socket, "config", "set", "-p", "/local-data/addresses/host.example", `"192.0.2.8"`))
	expect(t, 5300, "host.example.", "192.0.2.8")
	expect(t, 5301, "host.example.", "192.0.2.1")
	s.kresctl(t, "stop")
	if err := <-roots.done; err != nil {
		t.Errorf("root's manager ends with %v\n%s", err, &roots.out)
	}
	expect(t, 5300, "host.example.", "192.0.2.8")

	root(t, "systemctl", "start", "knot-resolver.service")
	defer root(t, "systemctl", "stop", "knot-resolver.service")
	eventually(t, "the stock service answers", func() bool { _, err := ask(5301, "host.example."); return err == nil })
	r := sut.Run(t.Context(), s.command(s.manager...))
	if r.Code != 69 || !strings.Contains(r.Stderr, "knot-resolver.service is active") {
		t.Errorf("beside the stock service root's manager ends with %d and says\n%s", r.Code, r.Stderr)
	}
	want(t, cmd(product.Programs+"/kresctl", "-s", socket, "config", "set", "-p", "/nsid", `"y"`))
	expect(t, 5300, "host.example.", "192.0.2.8")
	expect(t, 5301, "host.example.", "192.0.2.1")
}

// TestTwoOfOneUser has two resolvers of one user in one systemd, and two of
// root's beside the stock service.
func TestTwoOfOneUser(t *testing.T) {
	login(t)
	lab := "/home/" + name + "/lab.yaml"
	if err := sut.WriteFile(lab, []byte(strings.Replace(basic, "5300", "5302", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	for title, s := range map[string]side{"user": userSide(), "root": rootSide()} {
		t.Run(title, func(t *testing.T) {
			first := begin(t, s.command(product.Programs+"/kresd-manager", "run", "-c", "/home/"+name+"/my.yaml"))
			first.endAtCleanup(t, s.command, s.ctl...)
			first.ready(t)
			second := begin(t, s.command(product.Programs+"/kresd-manager", "run", "--name", "lab", "-c", lab))
			t.Cleanup(func() {
				_ = sut.Run(context.Background(), s.command(append(slices.Clone(s.ctl), "stop", "app-kresd_lab.slice", "system-kresd_lab.slice")...))
				_ = sut.Sh(context.Background(), "rm -rf /run/k*-lab /var/lib/k*-lab /var/cache/k*-lab "+session+"/k*-lab")
			})
			second.ready(t)
			before := s.pids(t)
			expect(t, 5300, "host.example.", "192.0.2.1")
			expect(t, 5302, "host.example.", "192.0.2.1")
			at := s.place.Rundir + "-lab/kres-api.sock"
			for pointer, value := range map[string]string{"/local-data/addresses/host.example": `"192.0.2.9"`, "/nsid": `"lab"`, "/workers": "3"} {
				want(t, s.command(product.Programs+"/kresctl", "-s", at, "config", "set", "-p", pointer, value))
			}
			expect(t, 5300, "host.example.", "192.0.2.1")
			expect(t, 5302, "host.example.", "192.0.2.9")
			if after := s.pids(t); after != before {
				t.Errorf("the first resolver's workers were %q and are %q", before, after)
			}
			if out := want(t, s.command(product.Programs+"/kresctl", "-s", at, "status")); !strings.Contains(out, "kresd-lab@3 ") || strings.Contains(out, "kresd@") {
				t.Errorf("the second resolver says\n%s", out)
			}
			s.kresctl(t, "stop")
			if err := <-first.done; err != nil {
				t.Errorf("the first manager ends with %v\n%s", err, &first.out)
			}
			expect(t, 5302, "host.example.", "192.0.2.9")
			if title == "root" {
				root(t, "systemctl", "start", "knot-resolver.service")
				defer root(t, "systemctl", "stop", "knot-resolver.service")
			}
			want(t, s.command(product.Programs+"/kresctl", "-s", at, "reload", "--force"))
			expect(t, 5302, "host.example.", "192.0.2.1")
			if err := second.signal(t, "INT"); err != nil {
				t.Errorf("the second manager ends with %v\n%s", err, &second.out)
			}
			if left := s.systemctl(t, "list-units", "--plain", "--no-legend", "--state=active", "kresd*@*", "kres-*"); left != "" {
				t.Errorf("left is\n%s", left)
			}
		})
	}
}

// TestInterruptedWhileItStarts ends the manager at different times of its start:
// what it had started by then does not stay.
func TestInterruptedWhileItStarts(t *testing.T) {
	login(t)
	for _, words := range []string{`msg="loaded the rules`, `msg="started `, "msg=ready"} {
		p := begin(t, cmd(product.Programs+"/kresd-manager", "run", "-c", "/home/"+name+"/my.yaml"))
		p.endAtCleanup(t, cmd, "systemctl", "--user")
		eventually(t, words, func() bool { return strings.Contains(p.out.String(), words) })
		if err := p.signal(t, "INT"); err != nil {
			t.Errorf("interrupted after %s it ends with %v\n%s", words, err, &p.out)
		}
		if left := running(t); left != "" {
			t.Errorf("interrupted after %s it leaves\n%s%s", words, left, &p.out)
		}
	}
}

// endAtCleanup ends the manager after the test, whatever comes of it, and all
// that it has started.
func (p *process) endAtCleanup(t *testing.T, c func(args ...string) machine.Cmd, systemctl ...string) {
	t.Cleanup(func() {
		ctx := context.Background()
		_ = sut.Sh(ctx, "kill -KILL $(pidof kresd-manager)")
		for _, args := range [][]string{{"stop", "app-kresd.slice", "system-kresd.slice"}, {"reset-failed"}} {
			_ = sut.Run(ctx, c(append(slices.Clone(systemctl), args...)...))
		}
		_ = sut.Sh(ctx, "rm -rf /run/knot-resolver /run/kresd-manager /var/lib/kresd-manager /var/cache/knot-resolver "+
			session+"/knot-resolver "+session+"/kresd-manager /home/"+name+"/.local /home/"+name+"/.cache")
	})
}

func login(t *testing.T) {
	t.Helper()
	root(t, "sh", "-ec", "systemd-sysusers; systemd-tmpfiles --create "+name+".conf")
	root(t, "systemctl", "start", "user@"+uid)
	if err := sut.WriteFile("/home/"+name+"/my.yaml", []byte(basic), 0o644); err != nil {
		t.Fatal(err)
	}
}

// running lists the units of the user's systemd that run.
func running(t *testing.T) string {
	t.Helper()
	return ann(t, "systemctl", "--user", "list-units", "--plain", "--no-legend", "--state=active", "kresd@*", "kres-*")
}

func TestRunAsAnOrdinaryUser(t *testing.T) {
	login(t)
	p := begin(t, cmd(product.Programs+"/kresd-manager", "run", "--user", "-c", "/home/"+name+"/my.yaml"))
	p.endAtCleanup(t, cmd, "systemctl", "--user")
	p.ready(t)
	expect(t, 5300, "host.example.", "192.0.2.1")
	for _, words := range []string{"kdig @127.0.0.1 -p 5300", "kresctl -s " + socket, "systemctl --user status"} {
		if !strings.Contains(p.out.String(), words) {
			t.Errorf("the manager does not say %q:\n%s", words, &p.out)
		}
	}
	ann(t, product.Programs+"/kresctl", "-s", socket, "config", "set", "-p", "/local-data/addresses/host.example", `"192.0.2.2"`)
	expect(t, 5300, "host.example.", "192.0.2.2")
	ann(t, product.Programs+"/kresctl", "-s", socket, "config", "set", "-p", "/nsid", `"x"`)
	expect(t, 5300, "host.example.", "192.0.2.2")
	// kresctl finds this manager by itself, and a refusal has kresd's own words.
	r := sut.Run(t.Context(), cmd(product.Programs+"/kresctl", "config", "set", "-p", "/lua/script", `"error('no such luck')"`))
	if r.Code == 0 || !strings.Contains(r.Stdout+r.Stderr, "no such luck") {
		t.Errorf("a wrong script: exit %d\n%s%s", r.Code, r.Stdout, r.Stderr)
	}
	expect(t, 5300, "host.example.", "192.0.2.2")
	if err := p.signal(t, "INT"); err != nil {
		t.Errorf("it ends with %v:\n%s", err, &p.out)
	}
	if left := running(t); left != "" {
		t.Errorf("it leaves behind\n%s", left)
	}
	if _, err := ask(5300, "host.example."); err == nil {
		t.Error("someone still answers")
	}
}
