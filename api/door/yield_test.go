// SPDX-License-Identifier: Apache-2.0

package door

import (
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// Connections that no one uses keep no one out, and no one with few loses one to who has many.
func TestUnusedConnectionsMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(4, 3)
		var greedy []*conn
		for range 3 {
			greedy = append(greedy, c.come(t, ofUser(65534)))
		}
		modest := c.come(t, ofUser(1000))
		c.served()
		for _, n := range greedy {
			c.rest(n, true)
			time.Sleep(time.Millisecond)
		}
		c.rest(modest, true)
		late := c.come(t, ofUser(1001))
		if !greedy[0].caller.Crowded() || !modest.caller.Crowded() {
			t.Error("no one is told that someone waits who has nothing")
		}
		c.rest(greedy[1], false) // asks again
		if got := c.served(); got != nil {
			t.Fatal("a connection was cut at once")
		}
		time.Sleep(2 * restTime)
		if got := c.served(); !slices.Equal(got, []*conn{late}) {
			t.Fatalf("%d are served, want the one that waited", len(got))
		}
		if _, still := c.gate.served[greedy[0]]; still || len(c.gate.served) != 4 {
			t.Errorf("another one than the longest unused of the greediest was cut: %d", len(c.gate.served))
		}
		// The greedy one has two now, and takes none from those who have one.
		c.rest(greedy[2], false)
		c.come(t, ofUser(65534))
		time.Sleep(time.Minute)
		if got := c.served(); got != nil || modest.caller.Crowded() {
			t.Error("who has most takes a place from who has fewest")
		}
		// What is in use is never cut, but told.
		c.rest(modest, false)
		c.come(t, ofUser(1002))
		time.Sleep(time.Minute)
		if got := c.served(); got != nil {
			t.Errorf("%d are served while all are in use", len(got))
		}
		if !greedy[1].caller.Crowded() {
			t.Error("who has most is not told to leave")
		}
		c.listener.end(net.ErrClosed) // so that no one waits
		time.Sleep(restTime)
	})
}

// Of one source that has all it may have, the newest takes the place of one that it does not use.
func TestASourceMakesRoomForItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(4, 2)
		first, second := c.come(t, ofUser(1000)), c.come(t, ofUser(1000))
		other := c.come(t, ofUser(1001))
		c.served()
		c.rest(other, true)
		time.Sleep(time.Second)
		c.rest(second, true)
		third := c.come(t, ofUser(1000))
		time.Sleep(2 * restTime)
		if got := c.served(); !slices.Equal(got, []*conn{third}) {
			t.Fatalf("%d are served", len(got))
		}
		for n, want := range map[*conn]bool{first: true, second: false, other: true, third: true} {
			if _, got := c.gate.served[n]; got != want {
				t.Errorf("%s %t, want %t", n.source, got, want)
			}
		}
	})
}
