// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func sample(phase Phase, stage int) Record {
	return Record{
		Format: Format, ID: 7, Version: 3, Release: strings.Repeat("a", 64), Sequence: 3, By: "alice", Policy: DefaultPolicy(),
		Phase: phase, Stage: stage, Threshold: []Rank{"", ""}, Basis: 10,
	}
}

// fleet makes hosts h0, h1, … that tell these states in revision 5, all there.
func fleet(states ...State) []Host {
	var hosts []Host
	for i, s := range states {
		id := fmt.Sprint("h", i)
		h := Host{Format: Format, ID: id, Tags: Tags{"host": id}, Rollout: 7, State: s, Rank: Rank(fmt.Sprintf("%016x", i+1)), Revision: 5, Alive: true}
		h.Tried = s == OK || s == Applying || s == HostSoaking || s == Failed || s == Inconclusive
		h.On = s == OK || s == Applying || s == HostSoaking
		hosts = append(hosts, h)
	}
	return hosts
}

func many(s State, n int) (all []State) {
	for range n {
		all = append(all, s)
	}
	return all
}

// A host that became ready behind the leader's back waits for a record that knows it.
func TestAThresholdAdmitsOnlyHostsThatWereKnownToBeReady(t *testing.T) {
	r := sample(Rolling, 5)
	hosts := fleet(append(many(OK, 6), Planned, Planned)...)
	r.Threshold = []Rank{"", hosts[7].Rank}
	hosts[6].Revision = 11
	if r.Admits(hosts[6].Rank, hosts[6].Tags, hosts[6].Revision) {
		t.Error("a host that was ready in revision 11 is admitted by a record of basis 10")
	}
	if !r.Admits(hosts[7].Rank, hosts[7].Tags, hosts[7].Revision) {
		t.Error("a host that was ready in revision 5 is not admitted")
	}
	next := Next(View{r, 11, hosts, 12, nil}, Clock{})
	if next.Basis != 12 || next.Version != 4 || !next.Admits(hosts[6].Rank, hosts[6].Tags, 11) {
		t.Errorf("the same threshold is not written again for a host that came later: %s", next.Text())
	}
	if again := Next(View{next, 13, hosts, 13, nil}, Clock{}); again.Version != next.Version {
		t.Errorf("a record is written though nothing is to be said: %s", again.Text())
	}
}

// A record that was written by more than the view has may have let a host start that is not
// ready in the view yet.
func TestAViewOfBeforeTheRecordDecidesNothing(t *testing.T) {
	hosts := fleet(Planned, Planned)
	hosts[0].Revision = 13
	r := Next(View{sample(Rolling, 0), 12, hosts, 13, nil}, Clock{})
	if !r.Admits(hosts[0].Rank, hosts[0].Tags, 13) || r.Admits(hosts[1].Rank, hosts[1].Tags, 5) {
		t.Fatalf("%s", r.Text())
	}
	hosts[0].State, hosts[0].Revision = Idle, 4 // as it was in revision 11
	view := View{r, 15, hosts, 11, nil}
	if next := Next(view, Clock{}); next.Version != r.Version || !view.Owes() {
		t.Errorf("another host starts beside it: %s", next.Text())
	}
	r.Basis = 1000 // of a store that is no more
	if view := (View{r, 15, hosts, 16, nil}); Next(view, Clock{}).Version == r.Version || view.Owes() {
		t.Error("a record of another store is never followed")
	}
}

// A host that starts behind the leader's back is never overlooked: before another one gets
// its place, a record admits no one, and what was before that is looked at.
func TestAStartBehindTheLeadersBackIsNotOverlooked(t *testing.T) {
	hosts := fleet(Drifted, Planned, OK)
	r := Next(View{sample(Rolling, 5), 11, hosts, 12, nil}, Clock{}) // h1 has the only place, and may start at any moment
	if !r.Admits(hosts[1].Rank, hosts[1].Tags, hosts[1].Revision) {
		t.Fatalf("%s", r.Text())
	}
	hosts[0].State, hosts[0].Revision = Planned, 14 // h0 comes first by its rank
	closed := Next(View{r, 13, hosts, 14, nil}, Clock{})
	if closed.Version == r.Version || closed.admitsAny() {
		t.Errorf("%s", closed.Text())
	}
	view := View{closed, 16, hosts, 14, nil}
	if next := Next(view, Clock{}); next.Version != closed.Version || !view.Owes() {
		t.Errorf("a view of before it admits hosts again: %s", next.Text())
	}
	hosts[1].State, hosts[1].Tried, hosts[1].On, hosts[1].Revision = Applying, true, true, 15 // so it did
	if next := Next(View{closed, 16, hosts, 17, nil}, Clock{}); next.Version != closed.Version {
		t.Errorf("another host starts beside it: %s", next.Text())
	}
	hosts[1].State = OK
	if next := Next(View{closed, 16, hosts, 18, nil}, Clock{}); !next.Admits(hosts[0].Rank, hosts[0].Tags, 14) {
		t.Errorf("no host starts after it: %s", next.Text())
	}
}

// Many that come back at once below an old threshold start one after another.
func TestThoseWhoComeBackKeepToTheBudget(t *testing.T) {
	r := sample(Done, 5)
	hosts := fleet(append(many(OK, 50), many(Planned, 50)...)...)
	r.Threshold = []Rank{"", hosts[99].Rank}
	for i := 50; i < 100; i++ {
		hosts[i].Revision = 20
	}
	next := Next(View{r, 20, hosts, 20, nil}, Clock{})
	n := 0
	for _, h := range hosts {
		if h.State == Planned && next.Admits(h.Rank, h.Tags, h.Revision) {
			n++
		}
	}
	if n != 20 {
		t.Errorf("%d start at once, not 20", n)
	}
}

func TestDecisions(t *testing.T) {
	minute := Clock{InStage: time.Minute, Quiet: time.Minute}
	for _, c := range []struct {
		name   string
		record func() Record
		hosts  func() []Host
		clock  Clock
		phase  Phase
		stage  int
		reason string
	}{
		{"preflight waits for every host that is there", func() Record { return sample(Preflight, 0) },
			func() []Host { return fleet(Planned, Planned, Idle) }, minute, Preflight, 0, ""},
		{"preflight ends when all are ready", func() Record { return sample(Preflight, 0) },
			func() []Host { return fleet(Planned, Planned, Drifted) }, minute, Rolling, 0, ""},
		{"a refusal in preflight ends it, and no host was touched", func() Record { return sample(Preflight, 0) },
			func() []Host { return fleet(Planned, Refused, Planned) }, minute, Reverted, 0, "1 of 3 hosts cannot have it, and none has changed: h1"},
		{"no data is a pause", func() Record { return sample(Rolling, 2) },
			func() []Host { return fleet(OK, Inconclusive, Planned) }, minute, Paused, 2, "no data to judge the release by: h1"},
		{"a canary host that is gone is a pause", func() Record { return sample(Rolling, 0) }, func() []Host {
			h := fleet(append([]State{Applying}, many(Planned, 19)...)...)
			h[0].Alive = false
			return h
		}, minute, Paused, 0, "lost in the middle of its change: h0"},
		{"away within the limit does not stop it", func() Record { return sample(Rolling, 4) }, func() []Host {
			h := fleet(append([]State{OK}, many(Planned, 19)...)...)
			h[5].Alive, h[6].Alive = false, false
			return h
		}, minute, Rolling, 4, ""},
		{"away beyond it does", func() Record { return sample(Rolling, 3) }, func() []Host {
			h := fleet(append([]State{OK}, many(Planned, 19)...)...)
			h[5].Alive, h[6].Alive, h[7].Alive = false, false, false
			return h
		}, minute, Paused, 3, "3 of 20 hosts are away, and max-missing 10% allows 2: h5, h6, h7"},
		{"one of two that is away is a pause", func() Record { return sample(Rolling, 2) }, func() []Host {
			h := fleet(OK, Planned)
			h[1].Alive = false
			return h
		}, minute, Paused, 2, "1 of 2 hosts are away, and max-missing 10% allows 0: h1"},
		{"no progress is a pause", func() Record { return sample(Rolling, 3) },
			func() []Host { return fleet(OK, OK, Planned, Applying) }, Clock{Quiet: 31 * time.Minute}, Paused, 3, "nothing has moved for 30m0s: 1 in flight: h3; 1 ready: h2"},
		{"one failure in the first stage takes all back", func() Record { return sample(Rolling, 0) },
			func() []Host { return fleet(append([]State{Failed}, many(Planned, 199)...)...) }, minute, Reverted, 0, "failed in the canary ring: h0"},
		{"a canary host that was blocked proves nothing", func() Record { return sample(Rolling, 0) }, func() []Host {
			h := fleet(Blocked, Planned, Planned)
			h[0].Tried = true
			return h
		}, minute, Rolling, 0, ""},
		{"a failure in the canary ring does at any time", func() Record { return sample(Rolling, 5) }, func() []Host {
			h := fleet(append([]State{Unhealthy}, many(OK, 199)...)...)
			h[0].Tags["ring"], h[0].On = "canary", true
			return h
		}, minute, Reverting, 5, "failed in the canary ring: h0"},
		{"failures within the limit do not", func() Record { return sample(Rolling, 5) },
			func() []Host { return fleet(append([]State{Failed, Failed}, many(OK, 198)...)...) }, minute, Done, 5, ""},
		{"failures beyond it do", func() Record { return sample(Rolling, 5) },
			func() []Host { return fleet(append([]State{Failed, Failed, Failed}, many(OK, 197)...)...) }, minute, Reverting, 5,
			"3 of 200 hosts failed, and max-failed 1% allows 2: h0, h1, h2"},
		{"a stage is watched before the next", func() Record { return sample(Soaking, 2) },
			func() []Host { return fleet(append([]State{OK}, many(Planned, 99)...)...) }, minute, Soaking, 2, ""},
		{"and then the next comes", func() Record { return sample(Soaking, 2) },
			func() []Host { return fleet(append([]State{OK}, many(Planned, 99)...)...) }, Clock{InStage: 10 * time.Minute}, Rolling, 3, ""},
		{"a stage in which no host can start is passed over", func() Record { return sample(Soaking, 0) },
			func() []Host { return fleet(append([]State{OK}, many(Planned, 99)...)...) }, Clock{InStage: 10 * time.Minute}, Rolling, 3, ""},
		{"a paused revert stays paused", func() Record {
			r := sample(Paused, 3)
			r.Resume = Reverting
			return r
		}, func() []Host { return fleet(OK, OK, Failed) }, minute, Paused, 3, ""},
		{"no host at all is a pause", func() Record { return sample(Preflight, 0) },
			func() []Host { return nil }, minute, Paused, 0, "no host has reported yet, or all are held"},
	} {
		next := Next(View{c.record(), 11, c.hosts(), 12, nil}, c.clock)
		if next.Phase != c.phase || next.Stage != c.stage || next.Reason != c.reason {
			t.Errorf("%s: %s, stage %d, %q", c.name, next.Phase, next.Stage, next.Reason)
		}
		if next.Version != c.record().Version {
			if _, err := Parse(next.Text()); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
	}
}

// No two hosts of one site are in flight, whatever the budget.
func TestSpread(t *testing.T) {
	r := sample(Rolling, 5)
	r.Policy.Spread = "site"
	hosts := fleet(OK, OK, Planned, Planned, Planned, Planned, OK, OK, OK, OK)
	for i, site := range []string{"", "", "a", "b", "a", "c", "", "", "", ""} {
		if site != "" {
			hosts[i].Tags["site"] = site
		}
	}
	next := Next(View{r, 11, hosts, 12, nil}, Clock{})
	if next.Threshold[1] != hosts[3].Rank {
		t.Errorf("h2 and h3 are to start, and h4 is of the site of h2: %s", next.Text())
	}
	hosts[2].State, hosts[3].State = Applying, Applying
	if next := Next(View{next, 13, hosts, 14, nil}, Clock{}); next.Admits(hosts[4].Rank, hosts[4].Tags, 5) {
		t.Errorf("h4 starts beside h2: %s", next.Text())
	}
	if why := strings.Join(Why(next, hosts, nil), "\n"); !strings.Contains(why, "no two at a time of the same site") {
		t.Error(why)
	}
	hosts[2].State = OK
	if next := Next(View{next, 13, hosts, 15, nil}, Clock{}); next.Threshold[1] != hosts[5].Rank {
		t.Errorf("h4 and h5 are to start: %s", next.Text())
	}
}

// Hosts that run a command have places of the budget, but for going back.
func TestBusyHosts(t *testing.T) {
	r := sample(Rolling, 5)
	r.Policy.MaxParallel = "3"
	hosts := fleet(append(many(OK, 6), many(Planned, 6)...)...)
	n := func(next Record) (n int) {
		for _, h := range hosts {
			count(&n, next.candidate(h) && next.Admits(h.Rank, h.Tags, h.Revision))
		}
		return n
	}
	if got := n(Next(View{r, 11, hosts, 12, []string{"h9", "h10"}}, Clock{})); got != 1 {
		t.Errorf("%d start beside 2 that are busy, of 3", got)
	}
	if next := Next(View{r, 11, hosts, 12, []string{"h7", "h8", "h9", "h10"}}, Clock{Quiet: time.Hour}); !strings.Contains(next.Reason, "kres-fleet roll runs on h7, h8, h9") {
		t.Error(next.Reason)
	}
	r.Phase = Reverting
	if got := n(Next(View{r, 11, hosts, 12, []string{"h9", "h10"}}, Clock{})); got != 3 {
		t.Errorf("%d go back beside 2 that are busy, of 3", got)
	}
}

// From two hosts on, never all of them at once.
func TestSmallFleets(t *testing.T) {
	for n, want := range map[int]int{1: 1, 2: 1, 3: 1, 5: 2, 39: 19, 1000: 20} {
		if got := DefaultPolicy().parallel(n); got != want {
			t.Errorf("of %d hosts %d may be in flight, not %d", n, got, want)
		}
	}
	for _, c := range []struct {
		a       Amount
		n, want int
	}{{"1%", 99, 0}, {"1%", 100, 1}, {"10%", 2, 0}, {"7", 2, 7}, {"33.3%", 3, 0}, {"100%", 3, 3}, {"nonsense", 3, 0}} {
		if got := c.a.Of(c.n); got != c.want {
			t.Errorf("%s of %d is %d, not %d", c.a, c.n, got, c.want)
		}
	}
}

func TestARecordThatIsNotOneIsRefused(t *testing.T) {
	good := string(sample(Rolling, 5).Text())
	if _, err := Parse([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, to, want string }{
		{`"format":1`, `"format":2`, "its format is 2, and this version knows 1; upgrade kres-fleet"},
		{`"phase":"rolling"`, `"phase":"flying"`, `there is no phase "flying"`},
		{`"phase":"rolling"`, `"phase":"paused"`, "resume is for a paused rollout"},
		{`"stage":5`, `"stage":6`, "stage is 6 of 6"},
		{`"stage":5`, `"stage":5,"more":1`, `unknown field "more"`},
		{`"threshold":["",`, `"threshold":["zz",`, `"zz" is not a rank`},
		{`aaaa","sequence"`, `aa/a","sequence"`, "a release is named by its SHA-256"},
		{`["ring=canary","*"]`, `["*","ring=canary"]`, `rings: the last one is "*"`},
		{`"max-failed":"1%"`, `"max-failed":"-1%"`, "neither a number of hosts"},
		{`"max-failed":"1%"`, `"max-failed":"NaN%"`, "neither a number of hosts"},
		{`"progress-deadline":"30m0s"`, `"progress-deadline":"30s"`, "every host would be too late"},
		{`"max-failed":"1%"`, `"max-failed":"1%","spread":"site=a"`, `spread: "site=a" is not the name of a tag`},
		{`"version":3`, `"version":0`, "count from 1"},
	} {
		text := strings.Replace(good, c.from, c.to, 1)
		if text == good {
			t.Fatalf("%s is not in %s", c.from, good)
		}
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.to, err)
		}
	}
	if _, err := Parse([]byte(good + good)); err == nil {
		t.Error("two records are taken for one")
	}
	if n := len(good); n > 1024 {
		t.Errorf("a record has %d bytes", n)
	}
}

// Garbage is refused, and never more than that.
func FuzzParse(f *testing.F) {
	f.Add(sample(Rolling, 5).Text())
	f.Add([]byte("\x00{"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if r, err := Parse(text); err == nil {
			Next(View{r, 11, fleet(OK, Planned, Failed), 12, nil}, Clock{})
			r.Admits("0000000000000001", Tags{"host": "x"}, 3)
		}
		_, _ = ParseHost("x", text)
	})
}
