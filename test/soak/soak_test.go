// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kresd-manager/internal/config"
	"kresd-manager/test/machine"
	"kresd-manager/test/product"
	"kresd-manager/units"
)

// diary is what was done, in the order in which it began.
type diary struct {
	mu    sync.Mutex
	began time.Time
	lines []string
}

func (d *diary) note(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf("%7.2f %s", time.Since(d.began).Seconds(), fmt.Sprintf(format, args...)))
}

// String is the end of it.
func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.lines[max(0, len(d.lines)-60):], "\n")
}

func TestSoak(t *testing.T) {
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d, for %s", *seed, *length)
	prepare(t)
	acts := chosen()
	if len(acts) == 0 {
		t.Fatalf("-only %q leaves the administrator nothing to do", *only)
	}
	d := &diary{began: time.Now()}
	rounds := uint64(0)
	for end := time.Now().Add(*length); time.Now().Before(end); rounds++ {
		play(t.Context(), d, decide(*seed, rounds, acts))
		truth(t, d)
	}
	t.Logf("%d rounds", rounds)
	calm(t, d)
}

// prepare starts with a certificate, a list and a configuration.
func prepare(t *testing.T) {
	t.Helper()
	sut.Wipe(t)
	r := ask(fmt.Sprintf(`cd /root; for n in $(seq 0 %d); do
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 -subj /CN=c$n -keyout $n.key -out $n.pem 2>/dev/null
	done
	cd /etc/knot-resolver; cp /root/0.key tls.key; cp /root/0.pem tls.pem; chmod 0640 tls.key; chgrp knot-resolver tls.key`, certificates-1))
	if r.Code != 0 {
		t.Fatal(r.Stderr)
	}
	if err := sut.WriteFile("/etc/knot-resolver/list.rpz", []byte(zone(1)), 0o644); err != nil {
		t.Fatal(err)
	}
	sut.WriteConfig(t, document(draw{workers: 2, which: 1, nsid: 1}))
	sut.Must(t, "systemctl", "start", units.Manager)
}

// play lets the administrator and the one who asks the API work at the same time.
func play(ctx context.Context, d *diary, r round) {
	var both sync.WaitGroup
	both.Go(func() {
		for _, a := range r.deeds {
			time.Sleep(a.pause)
			d.note("%s: %s", a.name, short(a.script))
			limit, cancel := context.WithTimeout(ctx, 40*time.Second)
			res := sut.Run(limit, machine.Cmd{Args: []string{"bash", "-c", a.script}})
			cancel()
			if res.Took > time.Second || res.Code != 0 {
				d.note("  %s: exit %d after %s %s", a.name, res.Code, res.Took.Round(time.Millisecond), strings.TrimSpace(res.Stderr))
			}
		}
	})
	both.Go(func() {
		for _, q := range r.askings {
			time.Sleep(q.pause)
			d.note("%s", q)
			limit, cancel := context.WithTimeout(ctx, 40*time.Second)
			a, err := sut.Request(limit, q.method, q.path, q.body)
			cancel()
			if err != nil || a.Code != 200 {
				d.note("  %s: %d %.200s %v", q, a.Code, strings.TrimSpace(a.Body), err)
			}
		}
	})
	both.Wait()
}

// truth waits until the status tells the truth.
func truth(t *testing.T, d *diary) {
	t.Helper()
	d.note("look")
	var found, last []string
	began := time.Now()
	for end := began.Add(*within); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if found = lies(); len(found) == 0 {
			if took := time.Since(began); took > 10*time.Second {
				t.Logf("the status was true after %s; until then: %s", took.Round(time.Second), strings.Join(last, "; "))
			}
			return
		}
		last = found
	}
	fail(t, d, "the status does not tell the truth", found)
}

// calm has the administrator take back what he did, correct the file and restart the
// manager, and waits until all serves what the file says.
func calm(t *testing.T, d *diary) {
	t.Helper()
	last := draw{workers: 3, which: 77, nsid: 77}
	undo := "for u in " + strings.Join(looked(), " ") + `; do
		systemctl unmask --runtime $u; systemctl thaw $u || true; done
	` + write(configFile, document(last)) + `
	systemctl start kresd.target; systemctl restart kresd-manager`
	d.note("take it all back")
	if r := ask(undo); r.Code != 0 {
		d.note("  exit %d %s", r.Code, r.Stderr)
	}
	var found []string
	for end := time.Now().Add(*within); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if found = lies(); len(found) > 0 {
			continue
		}
		s, err := listen()
		if err != nil {
			found = []string{err.Error()}
			continue
		}
		got := s.config.LocalData.Addresses["which.example"]
		if !s.FileDiffers && s.Workers == last.workers && got == address(last.which) {
			if there, err := look(); err == nil && s.well(there) {
				return
			}
		}
		found = []string{fmt.Sprintf("state %s, %d workers, which.example %s, file differs %t", s.State, s.Workers, got, s.FileDiffers)}
	}
	fail(t, d, "what the file says is not served, though the administrator has corrected all", found)
}

// well reports whether all is well but for what no one can correct, and that is told.
func (t told) well(there reality) bool {
	wrong := t.wrong(there)
	for _, why := range wrong {
		unit, stuck := strings.CutSuffix(why, outOfReach)
		if !stuck || !slices.ContainsFunc(t.Problems, func(p config.Problem) bool {
			return strings.Contains(p.Message, unit+" was killed while it was frozen")
		}) {
			return false
		}
	}
	return t.State == "running" && len(wrong) == 0 || t.State == "degraded" && len(wrong) > 0
}

// fail tells all that is known, and ends the test.
func fail(t *testing.T, d *diary, what string, found []string) {
	t.Helper()
	t.Logf("the last that was done:\n%s", d)
	t.Logf("kresctl status:\n%s", ask("set +e; kresctl -s "+product.Socket+" status 2>&1; systemctl status --no-pager -n0 kresd-manager.service kresd-manager.socket kresd.target 2>&1; ss -xlp | grep kres; ls -la /run/knot-resolver /run/knot-resolver/*; true").Stdout)
	t.Fatalf("seed %d: %s for %s:\n%s", *seed, what, *within, strings.Join(found, "\n"))
}
