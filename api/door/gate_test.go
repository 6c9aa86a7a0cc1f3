// SPDX-License-Identifier: Apache-2.0

package door

import (
	"net"
	"slices"
	"sync"
	"testing"
)

// crowd is a gate, and a listener whose connections come from whom the test says.
type crowd struct {
	*gate
	listener *limited
}

func newCrowd(most, each int) *crowd {
	g := newGate(most, each, func(Source) {})
	return &crowd{g, &limited{gate: g, woken: sync.NewCond(&g.mu), done: make(chan struct{})}}
}

// come has a connection arrive; nil if it is refused.
func (c *crowd) come(t *testing.T, from Source) *conn {
	t.Helper()
	ours, theirs := net.Pipe()
	t.Cleanup(func() { _ = theirs.Close(); _ = ours.Close() })
	n := &conn{Conn: ours, listener: c.listener, source: from}
	n.caller = &Caller{conn: n}
	if !c.arrive(n) {
		return nil
	}
	return n
}

// served are those that are handed out now, in order.
func (c *crowd) served() (all []*conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all, c.listener.ready = c.listener.ready, nil
	return all
}

func ofUser(uid uint32) Source { return Source{kind: userSource, uid: uid} }

var administrator = Source{kind: rootSource}

func TestNoUserKeepsOthersOut(t *testing.T) {
	c := newCrowd(4, 3)
	var greedy []*conn
	for range 20 {
		greedy = append(greedy, c.come(t, ofUser(65534)))
	}
	if got := c.served(); !slices.Equal(got, greedy[:3]) {
		t.Fatalf("%d of one user are served, want 3", len(got))
	}
	other, third := c.come(t, ofUser(1000)), c.come(t, ofUser(1001))
	if got := c.served(); !slices.Equal(got, []*conn{other}) {
		t.Fatalf("of two others %d are served, want the first", len(got))
	}
	// Root is served whatever others have, and in the same number.
	for i := range 4 {
		admin := c.come(t, administrator)
		if got := c.served(); !slices.Equal(got, []*conn{admin}) {
			t.Fatalf("connection %d of root: %d are served", i, len(got))
		}
	}
	fifth := c.come(t, administrator)
	if got := c.served(); got != nil {
		t.Fatal("root has no limit at all")
	}
	// A place of the greedy one's goes to who waits longest among those who have
	// fewer than they may.
	_ = greedy[0].Close()
	if got := c.served(); !slices.Equal(got, []*conn{greedy[3]}) {
		t.Fatalf("%d are served, want the one of the greedy user, whose line began to wait first", len(got))
	}
	_ = greedy[1].Close()
	if got := c.served(); !slices.Equal(got, []*conn{third}) {
		t.Fatalf("%d are served, want the third user: lines take turns", len(got))
	}
	_ = other.Close()
	if got := c.served(); !slices.Equal(got, []*conn{greedy[4]}) {
		t.Fatalf("%d are served, want the greedy user again", len(got))
	}
	if fifth == nil || c.unused() != 0 {
		t.Error("who waits does not count")
	}
}

func TestWaitingIsBoundedToo(t *testing.T) {
	c := newCrowd(4, 2)
	for i := range 2 + maxWaiting {
		if c.come(t, ofUser(65534)) == nil {
			t.Fatalf("connection %d is refused", i)
		}
	}
	if c.come(t, ofUser(65534)) != nil {
		t.Error("there is no limit")
	}
	if c.come(t, ofUser(1000)) == nil || c.come(t, administrator) == nil {
		t.Error("others are refused with it")
	}
}

// An end leaves no one waiting, and nothing behind.
func TestAnEndClosesWhatWaits(t *testing.T) {
	c := newCrowd(2, 2)
	for range 5 {
		c.come(t, ofUser(1000))
	}
	being := c.served()
	c.come(t, administrator) // handed out, and accepted by no one
	c.listener.end(net.ErrClosed)
	if _, err := c.listener.Accept(); err != net.ErrClosed {
		t.Errorf("Accept: %v", err)
	}
	for _, n := range being {
		_ = n.Close()
		_ = n.Close() // once is enough
	}
	if got := c.served(); got != nil {
		t.Errorf("%d are handed out after the end", len(got))
	}
	if len(c.lines) > 0 || len(c.gate.served) > 0 || c.unix.active+c.unix.waiting+c.root.active > 0 || len(c.unix.turns) > 0 {
		t.Errorf("left: %+v", c.gate)
	}
}

func TestSources(t *testing.T) {
	uid := func(n uint32) *uint32 { return &n }
	for _, test := range []struct {
		c    Caller
		want string
	}{
		{Caller{UID: uid(0)}, "uid 0"},
		{Caller{UID: uid(65534)}, "uid 65534"},
		{Caller{}, "unknown"},
		{Caller{Remote: addrPort(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 5})}, "192.0.2.1"},
		{Caller{Remote: addrPort(&net.TCPAddr{IP: net.ParseIP("2001:db8::5"), Port: 5})}, "2001:db8::/64"},
		{Caller{Remote: addrPort(&net.TCPAddr{IP: net.ParseIP("fe80::5"), Zone: "eth0", Port: 5})}, "fe80::/64"},
	} {
		if got := test.c.Source().String(); got != test.want {
			t.Errorf("%+v: %s, want %s", test.c, got, test.want)
		}
	}
}
