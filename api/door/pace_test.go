// SPDX-License-Identifier: Apache-2.0

package door

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPace(3, 10*time.Second)
		for i := range 3 {
			if w := p.Wait(ofUser(1)); w != 0 {
				t.Errorf("time %d: wait %s", i, w)
			}
			p.Spend(ofUser(1))
		}
		if w := p.Wait(ofUser(1)); w != 10*time.Second {
			t.Errorf("the fourth time: wait %s", w)
		}
		if w := p.Wait(ofUser(2)); w != 0 {
			t.Errorf("another source waits %s", w)
		}
		for range 100 {
			p.Spend(ofUser(1)) // all at once
		}
		if w := p.Wait(ofUser(1)); w != 10*time.Second {
			t.Errorf("after many times: wait %s", w)
		}
		time.Sleep(10 * time.Second)
		if w := p.Wait(ofUser(1)); w != 0 {
			t.Errorf("later: wait %s", w)
		}

		for i := range 5 {
			if missed, ok := p.Due(ofUser(3)); ok != (i < 3) || missed != 0 {
				t.Errorf("time %d: %t, %d missed", i, ok, missed)
			}
		}
		time.Sleep(10 * time.Second)
		if missed, ok := p.Due(ofUser(3)); !ok || missed != 2 {
			t.Errorf("later: %t, %d missed", ok, missed)
		}
	})
}

func TestPaceForgets(t *testing.T) {
	p := NewPace(1, time.Hour)
	for i := range uint32(3 * maxPaced) {
		p.Spend(ofUser(i))
		if w := p.Wait(ofUser(i)); w == 0 {
			t.Fatalf("source %d does not wait", i)
		}
	}
	if len(p.sources) > maxPaced {
		t.Errorf("%d sources are remembered", len(p.sources))
	}
}

// Whoever has many addresses fills no log either, and each of them is still counted.
func TestReportsOfAllAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewReports()
		lines := 0
		for range 10 { // seconds
			for i := range uint32(1000) {
				if _, ok := p.Due(ofUser(1 + i)); ok {
					lines++
				}
			}
			time.Sleep(time.Second)
		}
		if lines < 200 || lines > 300 {
			t.Errorf("%d lines in 10 s", lines)
		}
		time.Sleep(time.Minute)
		if missed, ok := p.Due(ofUser(900)); !ok || missed == 0 {
			t.Errorf("later: %t, %d missed", ok, missed)
		}
	})
}
