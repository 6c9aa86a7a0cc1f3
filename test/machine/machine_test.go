// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

func TestBootIsComplete(t *testing.T) {
	start := time.Now()
	m := Start(t, Options{})
	took, err := m.CPU()
	t.Logf("booted in %v, with %v of CPU (%v)", time.Since(start).Round(time.Millisecond), took.Round(time.Millisecond), err)
	r := m.Sh(t.Context(), `cat /proc/1/comm; systemctl is-system-running; systemctl is-active knot-resolver dbus || true; hostname`)
	if want := "systemd\nrunning\ninactive\nactive\n" + m.Name() + "\n"; r.Stdout != want {
		t.Errorf("got %+v, want %q", r, want)
	}
	r = m.Sh(t.Context(), `sysctl -q -w net.ipv4.tcp_migrate_req=1; cat /proc/sys/net/ipv4/tcp_migrate_req; ip -o addr show lo | grep -c inet; systemctl start knot-resolver`)
	if r.Stdout != "1\n2\n" || r.Code != 0 {
		t.Errorf("sysctl, loopback addresses and a start by hand: %+v", r)
	}
	if r := m.Sh(t.Context(), "! test -w /proc/sys/kernel/printk"); r.Code != 0 {
		t.Errorf("the machine may change settings of the host's kernel: %+v", r)
	}
}

// TestInside shares one machine: nothing of it changes what another looks at.
func TestInside(t *testing.T) {
	m := Start(t, Options{})
	for name, test := range map[string]func(*testing.T, *Machine){
		"run": testRun, "a run ends with its context": testRunEndsWithItsContext, "files": testFiles,
		"CPU": testCPU, "properties": testProperties, "jobs": testJobs, "a silent bus": testASilentBus,
	} {
		t.Run(name, func(t *testing.T) { test(t, m) })
	}
}

func testRun(t *testing.T, m *Machine) {
	sh := func(script string) []string { return []string{"sh", "-c", script} }
	for _, test := range []struct {
		name string
		cmd  Cmd
		want Result
	}{
		{"output and exit code", Cmd{Args: sh("echo out; echo err >&2; exit 3")}, Result{Stdout: "out\n", Stderr: "err\n", Code: 3}},
		{"input and environment", Cmd{Args: sh(`cat; echo "$A $HOME"`), Env: []string{"A=b"}, Stdin: strings.NewReader("in\n")}, Result{Stdout: "in\nb /root\n"}},
		{"another user", Cmd{User: "nobody", Args: sh("id -un; id -gn; echo $USER")}, Result{Stdout: "nobody\nnogroup\nnobody\n"}},
		{"a service's user", Cmd{User: "knot-resolver", Args: []string{"id", "-Gn"}}, Result{Stdout: "knot-resolver\n"}},
		{
			"no privileges", Cmd{User: "nobody", Unprivileged: true, Args: sh("grep -E 'Cap(Inh|Eff|Bnd)|NoNewPrivs' /proc/self/status")},
			Result{Stdout: "CapInh:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\n"},
		},
		{
			"root without privileges", Cmd{Unprivileged: true, Args: sh("grep -E 'Cap(Eff|Bnd)' /proc/self/status")},
			Result{Stdout: "CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\n"},
		},
		{"the machine's cgroup", Cmd{Args: sh("grep ^0: /proc/self/cgroup")}, Result{Stdout: "0::/commands\n"}},
		{"a signal", Cmd{Args: sh("kill -KILL $$")}, Result{Code: 128 + 9}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := m.Run(t.Context(), test.cmd)
			got.Took = 0
			if got != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
	if r := m.Run(t.Context(), Cmd{User: "stranger", Args: []string{"true"}}); r.Code != -1 || !strings.Contains(r.Stderr, "cannot find the user stranger") {
		t.Errorf("an unknown user: %+v", r)
	}
	if r := m.Run(t.Context(), Cmd{Args: []string{"no-such-program"}}); r.Code != 127 {
		t.Errorf("an unknown program: %+v", r)
	}
}

// BenchmarkRun says what a command costs; some milliseconds.
func BenchmarkRun(b *testing.B) {
	m := Start(b, Options{})
	for b.Loop() {
		if r := m.Run(b.Context(), Cmd{Args: []string{"true"}}); r.Code != 0 {
			b.Fatal(r)
		}
	}
}

func testRunEndsWithItsContext(t *testing.T, m *Machine) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	r := m.Run(ctx, Cmd{User: "nobody", Args: []string{"sleep", "123"}})
	if r.Code == 0 || r.Took > 5*time.Second {
		t.Errorf("a command that was cancelled: %+v", r)
	}
	// Not at once: the dead process waits for systemd to reap it.
	eventually(t, "the command has ended inside too", func() bool {
		return m.Sh(t.Context(), "! pgrep -x sleep").Code == 0
	})
}

func testCPU(t *testing.T, m *Machine) {
	before, err := m.CPU()
	if err != nil || before < 10*time.Millisecond {
		t.Fatalf("a boot takes %s (%v)", before, err)
	}
	if r := m.Sh(t.Context(), "for i in $(seq 100000); do :; done"); r.Code != 0 {
		t.Fatalf("%+v", r)
	}
	if after, err := m.CPU(); err != nil || after < before+10*time.Millisecond {
		t.Errorf("%s before, %s after a loop (%v)", before, after, err)
	}
}

func testFiles(t *testing.T, m *Machine) {
	if r := m.Sh(t.Context(), "mkdir -p /srv/real; ln -s /srv/real /etc/link"); r.Code != 0 {
		t.Fatalf("%+v", r)
	}
	if err := m.WriteFile("/etc/link/new/file", []byte("text"), 0o640); err != nil {
		t.Fatal(err)
	}
	if r := m.Sh(t.Context(), "stat -c '%a %s' /srv/real/new/file"); r.Stdout != "640 4\n" {
		t.Errorf("the file written: %+v", r)
	}
	if got, err := m.ReadFile("/etc/link/new/file"); string(got) != "text" || err != nil {
		t.Errorf("ReadFile = %q, %v", got, err)
	}
	if err := m.Remove("/etc/link/new", "/etc/not-there"); err != nil {
		t.Error(err)
	}
	if _, err := m.ReadFile("/srv/real/new/file"); !os.IsNotExist(err) {
		t.Errorf("reading a removed file: %v", err)
	}
	if exists("/srv/real") {
		t.Error("the file went to the host")
	}
}

func TestOptions(t *testing.T) {
	layer, bound := t.TempDir(), t.TempDir()
	for path, text := range map[string]string{
		layer + "/usr/lib/sysusers.d/tested.conf":          "u tested - \"Tested\"\n",
		layer + "/usr/lib/systemd/system/tested.service":   "[Service]\nType=oneshot\nRemainAfterExit=yes\nUser=tested\nExecStart=/usr/bin/cat /etc/tested /mnt/bound/file\n[Install]\nWantedBy=multi-user.target\n",
		layer + "/usr/lib/systemd/system/unwanted.service": "[Service]\nType=oneshot\nExecStart=/bin/true\n",
		bound + "/file": "from outside\n",
	} {
		if err := writeFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(bound, 0o755); err != nil {
		t.Fatal(err)
	}
	m := Start(t, Options{
		Layers:   []string{layer},
		Files:    map[string]File{"/etc/tested": {Content: "configured\n"}, "/usr/lib/systemd/system-generators/loud": {Content: "#!/bin/sh\necho '<4>loud: heard' >/dev/kmsg\n", Mode: 0o755}},
		Enable:   []string{"tested.service"},
		Mask:     []string{"unwanted.service"},
		BindDirs: map[string]string{bound: "/mnt/bound"},
	})
	if err := m.WaitUnit(t.Context(), "tested.service", "active"); err != nil {
		t.Error(err)
	}
	if journal := m.Journal(t.Context(), "tested.service"); !strings.Contains(journal, "configured") || !strings.Contains(journal, "from outside") {
		t.Errorf("the journal lacks the unit's output:\n%s", journal)
	}
	if got := m.Unit(t.Context(), "unwanted.service", "LoadState")["LoadState"]; got != "masked" {
		t.Errorf("the masked unit is %q", got)
	}
	if r := m.Sh(t.Context(), "! touch /mnt/bound/new"); r.Code != 0 {
		t.Errorf("a bound folder can be written to: %+v", r)
	}
	if !strings.Contains(m.Console(), "loud: heard") {
		t.Errorf("the console lacks the generator's message: %q", m.Console())
	}
	if exists(filepath.Join(layer, "etc")) {
		t.Error("the layer was written to")
	}
}

func TestLayerThatHidesALinkIsRefused(t *testing.T) {
	layer := t.TempDir()
	if err := os.MkdirAll(layer+"/lib/systemd", 0o755); err != nil {
		t.Fatal(err)
	}
	m, err := Boot(t.Context(), Options{Layers: []string{layer}, Log: t.Logf})
	if err == nil {
		t.Fatal("booted", m.Close())
	}
	if !strings.Contains(err.Error(), "would hide") {
		t.Error(err)
	}
}

// ask sends one query to port 53 of the machine, from inside.
func ask(m *Machine, name string) (answer *dns.Msg, err error) {
	query := new(dns.Msg).SetQuestion(name, dns.TypeA)
	client := dns.Client{Timeout: 2 * time.Second}
	err = m.InNetNS(func() error {
		answer, _, err = client.Exchange(query, "127.0.0.1:53")
		return err
	})
	return answer, err
}

func TestTwoMachinesWithTheStockResolverDoNotMeet(t *testing.T) {
	for _, name := range []string{"first", "second"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			m := Start(t, Options{Stock: true})
			t.Logf("booted with the stock resolver in %v", time.Since(start).Round(time.Millisecond))
			answer, err := ask(m, "localhost.")
			if err != nil {
				t.Fatal(err)
			}
			if len(answer.Answer) != 1 || !strings.Contains(answer.Answer[0].String(), "127.0.0.1") {
				t.Errorf("the answer for localhost. is\n%v", answer)
			}
			for _, network := range []string{"udp", "tcp"} {
				conn, err := m.Dial(t.Context(), network, "127.0.0.1:53")
				if err != nil {
					t.Fatal(err)
				}
				conn.Close()
			}
			response, err := m.HTTPClient("/run/knot-resolver/kres-api.sock").Get("http://localhost/schema")
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != 200 {
				t.Errorf("the API of the stock manager answers %s", response.Status)
			}
		})
	}
}
