// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// known is a package whose tests take what their names say, in seconds.
func known(name string, tests ...string) (pack, times) {
	p, k := pack{name: name}, times{name: 2}
	for _, title := range tests {
		seconds := strings.TrimRight(title, "a")
		p.tests = append(p.tests, test{name: title, alone: seconds != title})
		took, _ := time.ParseDuration(seconds + "s")
		k[name+"."+title] = took.Seconds()
	}
	return p, k
}

func TestGroupsTakeAboutAsLong(t *testing.T) {
	p, k := known("test/e2e", "15", "75", "30", "5a", "15", "45")
	var got []string
	for _, g := range groups(p, k) {
		got = append(got, strings.Join([]string{g.pattern(), g.title(), g.expected.String()}, " "))
	}
	want := []string{"^(75)$ e2e 1m17s", "^(15|45)$ e2e 1m2s", "^(15|30)$ e2e 47s", "^(5a)$ e2e, alone 7s"}
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		t.Errorf("groups:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestADearPreparationIsMadeOnce(t *testing.T) {
	p, k := known("test/packages", "50", "40")
	k[p.name] = 30
	if got := groups(p, k); len(got) != 1 || len(got[0].tests) != 2 {
		t.Errorf("groups: %v", got)
	}
	// But no group grows without bound: a machine that was slow once is not so for ever.
	p, k = known("test/e2e", "100", "101", "102", "103", "104", "105")
	k[p.name] = 25
	if got := groups(p, k); len(got) < 6 {
		t.Errorf("%d groups", len(got))
	}
}

func TestWhatIsNotKnownIsDividedAllTheSame(t *testing.T) {
	p := pack{name: "test/e2e", tests: make([]test, 60)}
	total := 0
	all := groups(p, times{})
	for _, g := range all {
		total += len(g.tests)
	}
	if len(all) < 2 || total != 60 {
		t.Errorf("%d groups with %d tests", len(all), total)
	}
}

func TestTheLongestGroupIsFirstAndTheAloneAreAlone(t *testing.T) {
	all := []group{
		{part: 1, expected: 1}, {part: 2, alone: true, expected: 9}, {part: 3, expected: 3}, {part: 4, alone: true, expected: 8}, {part: 5, expected: 2},
	}
	var running, beside atomic.Int32
	var order []int
	both := make(chan struct{})
	prepared, waited := make(chan struct{}), false
	lanes(t.Context(), all, width{always: 2, most: 3, spare: func(ctx context.Context) { <-ctx.Done() }}, func(_ context.Context, g group, turn *turn) *outcome {
		if g.alone != (turn != nil) {
			t.Errorf("group %d, which is alone: %t, has a turn: %t", g.part, g.alone, turn != nil)
		}
		if turn != nil {
			if !waited {
				t.Error("it begins before what others waits for")
			}
			if g.part == 2 {
				close(prepared)
			}
			close(turn.waits)
			<-turn.given
		}
		if n := running.Add(1); g.alone && n > 1 {
			t.Errorf("group %d runs beside others", g.part)
		}
		if !g.alone {
			n := beside.Add(1)
			if (n == 3) != (g.part == 1) {
				t.Errorf("group %d is number %d to begin", g.part, n)
			}
			if n == 2 {
				close(both)
			}
			<-both // hangs if there is one lane alone
			if n == 3 {
				<-prepared // hangs if those that are alone prepare only then
			}
		}
		running.Add(-1)
		return &outcome{}
	}, func() { waited = true }, func(g group, _ *outcome) { order = append(order, g.part) })
	if len(order) != 5 || order[3] != 2 || order[4] != 4 {
		t.Errorf("they ended in the order %v", order)
	}
}

func TestALaneMoreIsOpenedWhileThereIsTimeToSpare(t *testing.T) {
	all := []group{{part: 1}, {part: 2}, {part: 3}}
	var beside atomic.Int32
	three := make(chan struct{})
	lanes(t.Context(), all, width{always: 1, most: 3, spare: func(context.Context) {}}, func(context.Context, group, *turn) *outcome {
		if beside.Add(1) == 3 {
			close(three)
		}
		<-three // hangs unless all three run at the same time
		return &outcome{}
	}, func() {}, func(group, *outcome) {})
}

func TestTheTimeOfTheCoresIsRead(t *testing.T) {
	idle, total, err := coreTime()
	if err != nil || total <= 0 || idle < 0 || idle > total {
		t.Errorf("idle %v of %v: %v", idle, total, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	spare(ctx) // returns
}

func TestUsualTimesAreOfTests(t *testing.T) {
	all := map[string]bool{}
	for _, p := range source(t) {
		all[p.name] = true
		for _, key := range keys(p) {
			all[key] = true
		}
	}
	usual := readTimes("")
	for key, seconds := range usual {
		if !all[key] || seconds <= 0 {
			t.Errorf("usual.json has %s with %g seconds, which is no test of the source: take it out", key, seconds)
		}
	}
	if usual["test/e2e.TestEffects"] < 10 {
		t.Errorf("usual.json lacks the longest tests: %v", usual)
	}
}
