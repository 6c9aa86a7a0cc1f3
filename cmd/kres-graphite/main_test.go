// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"kresd-manager/api"
	"kresd-manager/internal/manager/inmemory"
	"kresd-manager/test/buffer"
	"kresd-manager/test/listen"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// manager offers an API with two workers and returns its socket.
func manager(t *testing.T) string {
	t.Helper()
	return listen.Serve(t, api.New(inmemory.New(t, "workers: 2\n"), api.Options{}))
}

// start runs the program until the test ends, and holds it to its exit status.
func start(t *testing.T, args ...string) *buffer.Buffer {
	t.Helper()
	var log buffer.Buffer
	ctx, cancel := context.WithCancel(context.Background())
	code := make(chan int, 1)
	go func() { code <- run(ctx, args, io.Discard, &log) }()
	t.Cleanup(func() {
		cancel()
		if c := <-code; c != 0 {
			t.Errorf("exit status %d: %s", c, log.String())
		}
	})
	return &log
}

func port(t *testing.T, a net.Addr) string {
	t.Helper()
	_, p, err := net.SplitHostPort(a.String())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// loaded is the metric that says that a worker answers.
const loaded = "dns.resolver_metrics_loaded.instance_id.kresd_kresd"

// check holds a message to the form of Graphite, a name, a value and a time in each
// line, and to what the manager reports about its two workers.
func check(t *testing.T, text string) {
	t.Helper()
	var workers []string
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) != 3 || !strings.HasPrefix(words[0], "dns.") {
			t.Errorf("got %q", line)
			continue
		}
		if strings.HasPrefix(words[0], loaded) {
			workers = append(workers, words[0]+" "+words[1])
		}
	}
	if want := []string{loaded + "1 1", loaded + "2 1"}; !slices.Equal(workers, want) {
		t.Errorf("of workers it tells %q, want %q", workers, want)
	}
}

func TestSendsOverTCPUnlessTold(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	start(t, "--socket", manager(t), "--host=127.0.0.1", "--port="+port(t, l.Addr()), "--prefix=dns", "--interval=1s")
	for range 2 { // a message after the other
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(c)
		c.Close()
		if err != nil {
			t.Fatal(err)
		}
		check(t, string(text))
	}
}

func TestSendsOverUDP(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	start(t, "--socket", manager(t), "--host=127.0.0.1", "--port="+port(t, c.LocalAddr()), "--prefix=dns", "--tcp=false")
	_ = c.SetReadDeadline(time.Now().Add(time.Minute))
	text := ""
	for buffer := make([]byte, 2000); !strings.Contains(text, loaded+"2 "); { // it is more than one datagram
		n, _, err := c.ReadFrom(buffer)
		if err != nil {
			t.Fatalf("%v after %q", err, text)
		}
		text += string(buffer[:n])
	}
	check(t, text)
}

func TestWrongUsage(t *testing.T) {
	for _, c := range []struct{ args, text string }{
		{"", "--host is missing"},
		{"--host=h --port=0", "--port must be"},
		{"--host=h --port=65536", "--port must be"},
		{"--host=h --interval=1ms", "--interval must be"},
		{"--host=h x", `unexpected argument "x"`},
		{"--nope", "there is no flag --nope"},
	} {
		var log bytes.Buffer
		if code := run(t.Context(), strings.Fields(c.args), io.Discard, &log); code != 2 || !strings.Contains(log.String(), c.text) {
			t.Errorf("%s: %d %s", c.args, code, log.String())
		}
	}
}

func TestDatagramsHaveWholeLines(t *testing.T) {
	s := &sender{network: "udp"}
	line := "p.resolver_answer_flag_edns0_total.instance_id.kresd_kresd1 12345 1700000000\n"
	long := strings.Repeat("x", 2*maxDatagram) + " 1 1\n"
	message := strings.Repeat(line, 100) + long + strings.Repeat(line, 3)
	var all strings.Builder
	for _, p := range s.parts([]byte(message)) {
		if len(p) > maxDatagram && string(p) != long || p[len(p)-1] != '\n' {
			t.Errorf("a datagram of %d bytes: …%q", len(p), p[len(p)-10:])
		}
		all.Write(p)
	}
	if all.String() != message {
		t.Error("the datagrams are not the message")
	}
}

// While the server or the manager is away, pauses get longer, up to a minute; and
// the log says it once.
func TestPausesAfterFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log buffer.Buffer
		var asked []time.Duration
		began := time.Now()
		ctx, cancel := context.WithCancel(context.Background())
		s := &sender{interval: 5 * time.Second, log: &log, read: func(context.Context) ([]byte, error) {
			asked = append(asked, time.Since(began)/time.Second)
			if len(asked) == 8 {
				cancel()
			}
			return nil, errors.New("no one there")
		}}
		s.run(ctx)
		want := []time.Duration{0, 10, 30, 70, 130, 190, 250, 310}
		if len(asked) != len(want) {
			t.Fatalf("asked at %v", asked)
		}
		for i := range want {
			if asked[i] != want[i] {
				t.Errorf("asked at %d s, want %d s", asked[i], want[i])
			}
		}
		if got := log.String(); got != "cannot get metrics: no one there\n" {
			t.Errorf("log: %s", got)
		}
	})
}

func TestComesBackWhenTheServerDoes(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	log := start(t, "--socket", manager(t), "--host=127.0.0.1", "--port="+port(t, l.Addr()), "--prefix=dns", "--interval=1s")
	for end := time.Now().Add(20 * time.Second); !strings.Contains(log.String(), "cannot reach"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no failure is told")
		}
	}
	if l, err = net.Listen("tcp", address); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	text, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	check(t, string(text))
	if got := log.String(); !strings.Contains(got, "connection refused") {
		t.Errorf("log: %s", got)
	}
}
