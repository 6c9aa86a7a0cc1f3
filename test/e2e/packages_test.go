// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"kresd-manager/test/product"
)

const (
	modules = "/usr/lib/knot-resolver/kres_modules/"
	legacy  = `[{"interface": "127.0.0.1"}, {"interface": "127.0.0.1", "kind": "doh-legacy"}]`
	prefill = `{"prefill": [{"origin": ".", "url": "https://127.0.0.1/root"}]}`
)

// tidy runs a script when the test has ended.
func tidy(t *testing.T, script string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	t.Cleanup(func() {
		if r := sut.Sh(ctx, script); r.Code != 0 {
			t.Errorf("%s: %s", script, r.Stderr)
		}
	})
}

// without takes a file away until the test ends.
func without(t *testing.T, path string) {
	t.Helper()
	sut.Must(t, "mv", path, path+".away")
	tidy(t, "mv "+path+".away "+path)
}

// TestWhatNeedsAPackage refuses what needs a package that is not installed, and
// does it as soon as it is.
func TestWhatNeedsAPackage(t *testing.T) {
	sut.Fresh(t, basic)
	for _, c := range []struct {
		name, file, pointer, value, message string
		works                               func(t *testing.T)
	}{
		{"DNS over HTTPS as it was", modules + "http.lua", "/network/listen", legacy,
			"/network/listen: kind doh-legacy needs the module http of kresd, a package of its own (in Debian knot-resolver6-module-http)",
			func(t *testing.T) {
				for range 5 { // some worker or other
					if out := sut.Must(t, "sh", "-c", "kdig +short +https @127.0.0.1 host.example"); strings.TrimSpace(out) != "192.0.2.1" {
						t.Errorf("over HTTPS: %q", out)
					}
				}
			}},
		{"dnstap", modules + "dnstap.so", "/logging", `{"dnstap": {"enable": true, "unix-socket": "/run/tap/none.sock"}}`,
			"/logging/dnstap needs the module dnstap of kresd, a package of its own (in Debian knot-resolver6-module-dnstap)", nil},
		{"prefill", "/usr/share/lua/5.1/cqueues.lua", "/cache", prefill, "/cache/prefill needs the Lua library cqueues",
			func(t *testing.T) {
				if got := eval(t, "1", "type(prefill.config)"); got != "function" {
					t.Errorf("prefill is %v", got)
				}
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Run("not installed", func(t *testing.T) {
				without(t, c.file)
				unharmed(t, func() { sut.Refused(t, c.pointer, c.value, c.message) })
			})
			sut.Put(t, c.pointer, c.value)
			if c.works != nil {
				c.works(t)
			}
			sut.Expect(t, "host.example.", "192.0.2.1")
			if a := sut.Call(t, "DELETE", "/v1/config"+strings.Replace(c.pointer, "/listen", "", 1), ""); a.Code != 200 {
				t.Fatalf("%d %s", a.Code, a.Body)
			}
		})
	}
}

// TestTheOldHTTPSReadsItsCertificateAgain renews the certificate of a listener
// that kresd itself knows nothing of.
func TestTheOldHTTPSReadsItsCertificateAgain(t *testing.T) {
	certificate := func(name string) {
		t.Helper()
		sut.Must(t, "sh", "-c", "cd /etc/knot-resolver && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 -subj /CN="+
			name+" -keyout new.key -out new.pem 2>/dev/null && chmod 0640 new.key && chgrp knot-resolver new.key && mv new.key tls.key && mv new.pem tls.pem")
	}
	served := func(port string) string {
		return sut.Exec(t, "sh", "-c", "echo | openssl s_client -connect 127.0.0.1:"+port+" 2>/dev/null | openssl x509 -noout -subject").Stdout
	}
	certificate("first")
	sut.Fresh(t, strings.Replace(basic, "  listen:", "  tls: {cert-file: /etc/knot-resolver/tls.pem, key-file: /etc/knot-resolver/tls.key}\n  listen:\n    - {interface: 127.0.0.1, kind: doh-legacy}", 1))
	before := sut.PIDs(t)
	for _, port := range []string{"443", "853"} {
		if got := served(port); !strings.Contains(got, "first") {
			t.Errorf("port %s: certificate of %q", port, got)
		}
	}
	certificate("second")
	for _, port := range []string{"443", "853"} {
		product.Eventually(t, "the new certificate is served on port "+port, func() bool {
			for range 8 { // all workers, most likely
				if !strings.Contains(served(port), "second") {
					return false
				}
			}
			return true
		})
	}
	if diff := cmp.Diff(before, sut.PIDs(t)); diff != "" {
		t.Errorf("processes: %s", diff)
	}
}

// collector is the other end of dnstap: a Frame Streams receiver.
type collector struct {
	listener net.Listener
	frames   chan []byte
}

// Control frames of Frame Streams: 32-bit words in network byte order.
const (
	accept = 1
	start  = 2
	ready  = 4
	finish = 5
)

func collect(t *testing.T, path string) *collector {
	t.Helper()
	sut.Must(t, "sh", "-c", "mkdir -p "+path[:strings.LastIndexByte(path, '/')]+"; rm -f "+path)
	inside := fmt.Sprintf("/proc/%d/root%s", sut.PID(), path)
	l, err := net.Listen("unix", inside)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(inside, 0o666); err != nil {
		t.Fatal(err)
	}
	c := &collector{l, make(chan []byte, 10000)}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go c.read(conn)
		}
	}()
	return c
}

func (c *collector) read(conn net.Conn) {
	defer conn.Close()
	word := func() uint32 {
		var b [4]byte
		if _, err := io.ReadFull(conn, b[:]); err != nil {
			return ^uint32(0)
		}
		return binary.BigEndian.Uint32(b[:])
	}
	for {
		length := word()
		control := length == 0
		if control {
			length = word()
		}
		if length > 1<<20 {
			return
		}
		frame := make([]byte, length)
		if _, err := io.ReadFull(conn, frame); err != nil {
			return
		}
		if !control {
			c.frames <- frame
			continue
		}
		switch binary.BigEndian.Uint32(frame) {
		case ready: // accepted with the type of content that was offered
			answer := append(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 0), length), frame...)
			binary.BigEndian.PutUint32(answer[8:], accept)
			if _, err := conn.Write(answer); err != nil {
				return
			}
		case start, finish:
		}
	}
}

// TestDnstapReachesItsCollector looks for what was asked in what is collected.
func TestDnstapReachesItsCollector(t *testing.T) {
	c := collect(t, "/run/tap/tap.sock")
	sut.Fresh(t, basic+"logging: {dnstap: {enable: true, unix-socket: /run/tap/tap.sock, log-queries: true, log-responses: true}}\n")
	q, err := new(dns.Msg).SetQuestion("host.example.", dns.TypeA).Pack()
	if err != nil {
		t.Fatal(err)
	}
	name := string(q[12:])
	timeout := time.After(20 * time.Second)
	for seen := 0; seen < 2; { // the query and the answer
		sut.Expect(t, "host.example.", "192.0.2.1")
		select {
		case frame := <-c.frames:
			if strings.Contains(string(frame), name) {
				seen++
			}
		case <-timeout:
			t.Fatalf("%d messages were collected", seen)
		}
	}
}

// dropIn is the text of the first block of a kind in a document.
func dropIn(t *testing.T, path, kind string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), "```"+kind+"\n")
	block, _, closed := strings.Cut(after, "```")
	if !found || !closed {
		t.Fatalf("%s has no block of %s", path, kind)
	}
	return block
}

// TestXDP refuses it without the privileges of docs/xdp.md, and listens with them
// where the machine may give them.
func TestXDP(t *testing.T) {
	sut.Fresh(t, basic)
	sut.Must(t, "sh", "-ec", "ip link add xdp0 numrxqueues 4 numtxqueues 4 type veth peer name xdp1; ip addr add 198.51.100.1/24 dev xdp0; ip link set xdp0 up; ip link set xdp1 up")
	tidy(t, "ip link delete xdp0")
	listen := func(what string) string {
		return fmt.Sprintf(`[{"interface": "127.0.0.1"}, {"interface": "127.0.0.1", "kind": "dot"}, {"interface": %s, "kind": "xdp"}]`, what)
	}
	attached := func() bool { return strings.Contains(sut.Must(t, "ip", "-d", "link", "show", "xdp0"), "prog/xdp") }
	unharmed(t, func() {
		sut.Refused(t, "/network/listen", listen(`"xdp0"`), "kind xdp needs CAP_NET_ADMIN, CAP_NET_RAW, CAP_IPC_LOCK, CAP_SYS_ADMIN, LimitMEMLOCK=infinity, which kresd@.service does not give: docs/xdp.md")
	})

	const path = "/etc/systemd/system/kresd@.service.d/xdp.conf"
	if err := sut.WriteFile(path, []byte(dropIn(t, "../../docs/xdp.md", "ini")), 0o644); err != nil {
		t.Fatal(err)
	}
	sut.Must(t, "systemctl", "daemon-reload")
	tidy(t, "rm "+path+"; systemctl daemon-reload")
	if limit := sut.Exec(t, "sh", "-c", "ulimit -l unlimited"); limit.Code != 0 {
		t.Logf("this machine cannot lift the limit of locked memory, so nothing can be attached: %s", limit.Stderr)
		unharmed(t, func() {
			sut.Refused(t, "/network/listen", listen(`"xdp0"`), "kind xdp needs LimitMEMLOCK=infinity, which")
		})
		return
	}
	unharmed(t, func() { sut.Refused(t, "/network/listen", listen(`"nope0"`), "no interface 'nope0'") })
	unharmed(t, func() { sut.Refused(t, "/network/listen", listen(`["xdp0", "198.51.100.1"]`), "xdp0 is named twice") })
	if a := sut.Call(t, "PUT", "/v1/config/network/listen?dry-run", listen(`"xdp0"`)); a.Code != 200 || attached() {
		t.Errorf("a dry run: %d %s, attached %t", a.Code, a.Body, attached())
	}
	sut.Put(t, "/network/listen", listen(`"198.51.100.1"`))
	for instance, queue := range map[string]float64{"1": 0, "2": 1} {
		b, _ := json.Marshal(eval(t, instance, "net.list()"))
		var list []struct {
			Kind      string
			Transport struct {
				Interface string
				Queue     float64 `json:"nic_queue"`
			}
		}
		if err := json.Unmarshal(b, &list); err != nil {
			t.Fatal(err)
		}
		found := false
		for _, l := range list {
			found = found || l.Kind == "xdp" && l.Transport.Interface == "xdp0" && l.Transport.Queue == queue
		}
		if !found {
			t.Errorf("worker %s has no queue %v: %s", instance, queue, b)
		}
	}
	if !attached() {
		t.Error("nothing is attached to the interface")
	}
	sut.Put(t, "/nsid", `"again"`) // and once more, past the program that is there
	sut.Put(t, "/network/listen", listen(`"xdp0"`))
}
