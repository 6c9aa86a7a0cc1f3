// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

// times prints when things were ready, in ms since PID 1 began.
const times = `for u in kres-policy-loader kresd@1 kresd@2 kresd.target multi-user.target kresd-manager; do
	echo "$u $(($(systemctl show -P ActiveEnterTimestampMonotonic $u) / 1000 - $(systemctl show -P UserspaceTimestampMonotonic) / 1000)) ms"
done`

func TestBootWithTheManagerDisabled(t *testing.T) {
	m := again(t, nil)
	answers(t, m)
	if f := failed(t, m); f != "" {
		t.Errorf("failed units: %s", f)
	}
	if s := sh(t, m, "systemctl show -P ActiveState kresd@1 kresd@2 kres-gc kres-component@early kresd-manager | xargs"); s != "active active active active inactive" {
		t.Errorf("workers, gc, component and manager are %s", s)
	}
	t.Log(sh(t, m, times))
	t.Run("the second worker waits for the key of the first", func(t *testing.T) {
		inOrder(t, m, "kres-component@early", "kres-policy-loader", "kresd@1", "kresd@2", "kresd.target")
	})
	t.Run("systemd likes what was made", func(t *testing.T) {
		if out := sh(t, m, verify+" kresd.target kresd@1.service kresd@2.service kres-component@early.service kresd-first.target kresd-boot.target 2>&1"); out != "" {
			t.Error(out)
		}
	})
	t.Run("the target stops and starts DNS", func(t *testing.T) {
		sh(t, m, "systemctl stop kresd.target; until [ $(systemctl is-active kresd@1 kresd@2 | grep -cx inactive) = 2 ]; do sleep 0.1; done")
		if ask(m) == nil {
			t.Error("it answers with the target stopped")
		}
		sh(t, m, "systemctl start kresd.target && until [ $(systemctl is-active kresd@1 kresd@2 | grep -cx active) = 2 ]; do sleep 0.1; done")
		answers(t, m)
	})
	t.Run("reading the units again changes nothing", func(t *testing.T) {
		before := sh(t, m, "systemctl show -P InvocationID kresd@1 kresd@2; cd /run/systemd/generator; find . -path '*kres*' | sort | xargs ls -ld --time-style=+")
		sh(t, m, "systemctl daemon-reload")
		if after := sh(t, m, "systemctl show -P InvocationID kresd@1 kresd@2; cd /run/systemd/generator; find . -path '*kres*' | sort | xargs ls -ld --time-style=+"); after != before {
			t.Errorf("before:\n%s\nafter:\n%s", before, after)
		}
		answers(t, m)
	})
	t.Run("a manager that starts later adopts", func(t *testing.T) { adopts(t, m, true) })
}

// inOrder fails the test unless units became active one after the other.
func inOrder(t *testing.T, m *machine.Machine, units ...string) {
	t.Helper()
	last := 0
	for _, u := range units {
		prop := "ActiveEnterTimestampMonotonic"
		when, err := strconv.Atoi(sh(t, m, "systemctl show -P "+prop+" "+u))
		if err != nil || when < last || when == 0 {
			t.Errorf("%s is out of order\n%s", u, sh(t, m, times))
		}
		last = when
	}
}

// adopts fails the test unless the manager touches no worker.
func adopts(t *testing.T, m *machine.Machine, start bool) {
	t.Helper()
	before := sh(t, m, "systemctl show -P InvocationID kresd@1 kresd@2 kres-policy-loader kres-gc kres-component@early")
	if start {
		sh(t, m, "systemctl start kresd-manager")
	}
	if err := m.WaitUnit(t.Context(), "kresd-manager.service", "active"); err != nil {
		t.Fatal(err)
	}
	sh(t, m, "kresctl status")
	if after := sh(t, m, "systemctl show -P InvocationID kresd@1 kresd@2 kres-policy-loader kres-gc kres-component@early"); after != before {
		t.Errorf("the manager restarted something:\n%s\n%s\n%s", before, after, m.Journal(t.Context(), "kresd-manager"))
	}
	answers(t, m)
}

func TestBootWithAManagerThatWorks(t *testing.T) {
	m := again(t, func(o *machine.Options) { o.Enable = []string{"kresd-manager.service"} })
	answers(t, m)
	inOrder(t, m, "kres-policy-loader", "kresd@1", "kresd@2", "kresd.target", "kresd-manager")
	t.Log(sh(t, m, times))
	adopts(t, m, false)
	if n := sh(t, m, "journalctl -b -q -o cat UNIT=kresd@1.service | grep -c Starting"); n != "1" {
		t.Errorf("worker 1 was started %s times", n)
	}
	if f := failed(t, m); f != "" {
		t.Errorf("failed units: %s", f)
	}
	t.Run("limits of the file come with the units", func(t *testing.T) {
		text := strings.Replace(basic, "components:", "systemd: {memory-max: 200M, tasks-max: 50, slice: dns.slice, restart: on-failure}\ncomponents:", 1)
		if err := m.WriteFile(product.ConfigFile, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		sh(t, m, "systemctl daemon-reload && kresctl reload")
		got := sh(t, m, "for p in MemoryMax TasksMax Slice Restart; do systemctl show -P $p kresd@1; done | xargs")
		if got != "209715200 50 dns.slice on-failure" {
			t.Errorf("worker 1 has %s", got)
		}
		if got := sh(t, m, "systemctl show -P Restart kresd@canary"); got != "no" {
			t.Errorf("the canary has Restart=%s", got)
		}
	})
}

func TestBootWithAManagerThatIsBroken(t *testing.T) {
	m := again(t, func(o *machine.Options) {
		o.Enable = []string{"kresd-manager.service"}
		o.Files[product.Libexec+"kresd-manager"] = machine.File{Content: "not a program\n", Mode: 0o755}
	})
	answers(t, m)
	if f := failed(t, m); strings.Contains(f, "kresd@") || strings.Contains(f, "kres-") {
		t.Errorf("failed units: %s", f)
	}
}

// Whoever goes back to the stock service has that one, and not both.
func TestBootWithTheStockServiceEnabled(t *testing.T) {
	m := again(t, func(o *machine.Options) {
		o.Stock = true
		theirs, _, _ := strings.Cut(basic, "components:") // which it does not know
		o.Files[product.ConfigFile] = machine.File{Content: theirs}
	})
	if err := m.WaitUnit(t.Context(), "knot-resolver.service", "active"); err != nil {
		t.Fatal(err)
	}
	if out := sh(t, m, "systemctl is-active kresd.target kresd@1 kresd@2 kres-policy-loader | sort -u"); out != "inactive" {
		t.Errorf("units of ours are %s", out)
	}
	if f := failed(t, m); f != "" {
		t.Errorf("failed units: %s", f)
	}
}

// On Debian "systemctl disable" leaves the link that the package has below
// /usr/lib: the stock service still starts at boot, so that ours must not.
func TestBootWithTheStockServiceEnabledByItsPackage(t *testing.T) {
	const byHand = "/etc/systemd/system/multi-user.target.wants/knot-resolver.service"
	dir := t.TempDir()
	gone := filepath.Join(dir, byHand) // a whiteout, see overlayfs
	if err := errors.Join(os.Chmod(dir, 0o755), os.MkdirAll(filepath.Dir(gone), 0o755), unix.Mknod(gone, unix.S_IFCHR, 0)); err != nil {
		t.Fatal(err)
	}
	m := again(t, func(o *machine.Options) {
		o.Stock = true
		o.Layers = append(o.Layers, dir)
		theirs, _, _ := strings.Cut(basic, "components:") // which it does not know
		o.Files[product.ConfigFile] = machine.File{Content: theirs}
	})
	const byPackage = "/usr/lib/systemd/system/multi-user.target.wants/knot-resolver.service"
	sh(t, m, "[ ! -e "+byHand+" ] && [ -L "+byPackage+" ]")
	if err := m.WaitUnit(t.Context(), "knot-resolver.service", "active"); err != nil {
		t.Fatal(err)
	}
	made := "find /run/systemd -path '/run/systemd/generator*' -name '*kres*'"
	if out := sh(t, m, made); out != "" {
		t.Errorf("the generator has made\n%s", out)
	}
	if out := sh(t, m, "systemctl is-active kresd.target kresd@1 kresd@2 kres-policy-loader | sort -u"); out != "inactive" {
		t.Errorf("units of ours are %s", out)
	}
	if f := failed(t, m); f != "" {
		t.Errorf("failed units: %s", f)
	}
	const fix = "systemctl mask --now knot-resolver.service"
	doctor := func(what string) {
		t.Helper()
		r := m.Sh(t.Context(), "kresctl doctor")
		_, rest, found := strings.Cut(r.Stdout, what)
		if paragraph, _, _ := strings.Cut(rest, "\n\n"); r.Code != 1 || !found || !strings.Contains(paragraph, "fix  "+fix) {
			t.Errorf("doctor does not say %q, with %s: exit %d\n%s%s", what, fix, r.Code, r.Stdout, r.Stderr)
		}
	}
	doctor("stock: knot-resolver.service, the stock manager, is active")
	sh(t, m, "systemctl stop knot-resolver.service; systemctl mask --runtime knot-resolver.service")
	doctor("stock: knot-resolver.service, the stock manager, starts at boot, by " + byPackage)
	sh(t, m, fix+" && systemctl unmask --runtime knot-resolver.service && systemctl daemon-reload")
	if r := m.Sh(t.Context(), "kresctl doctor"); strings.Contains(r.Stdout, "stock:") {
		t.Errorf("doctor, with the stock service masked:\n%s", r.Stdout)
	}
	if out := sh(t, m, made); !strings.Contains(out, "kresd@2.service") {
		t.Errorf("with the stock service masked the generator has made\n%s", out)
	}
}
