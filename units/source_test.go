// SPDX-License-Identifier: Apache-2.0

package units

import (
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	oldList = Input{Pointer: "/local-data/addresses-files/0", Path: "/old.hosts", Kind: "hosts file", Use: UseRules}
	newList = Input{Pointer: "/local-data/rpz/0/file", Path: "/new.rpz", Kind: "zone", Use: UseRules}
	aCert   = Input{Pointer: "/network/tls/cert-file", Path: "/cert", Kind: KindCertificate, Use: UseRenew}
)

// listed is a system with two lists, of which one is degraded: what it held then,
// and what it holds now.
func listed(t *testing.T, tried, now string) Live {
	live := system(t, "1 active w\nrules active r")
	live.Contents = map[string]Content{oldList.Path: {ID: now}, newList.Path: {ID: "n"}}
	live.Read = map[string]map[string]string{PolicyLoader: {oldList.Path: Another, newList.Path: "n"}}
	live.Refused = map[string]map[string]string{PolicyLoader: {oldList.Path: tried}}
	live.Degraded = []Degraded{{Input: oldList, Problem: "/old.hosts:2: invalid syntax"}}
	return live
}

func TestOnlyWhatAChangeIsAboutCanFailIt(t *testing.T) {
	inputs := []Input{aCert, oldList, newList}
	moved := oldList
	moved.Pointer = "/local-data/addresses-files/7"
	for _, c := range []struct {
		name       string
		sources    Sources
		before     []Input
		tried, now string
		want       string
	}{
		{"no one asked", SourcesMayFail, nil, "bad", "bad", ""},
		{"both are named anew", SourcesNamed, []Input{aCert}, "bad", "bad", oldList.Pointer + " " + newList.Pointer},
		{"one is named anew", SourcesNamed, []Input{oldList}, "bad", "bad", newList.Pointer},
		{"one has only moved in the text", SourcesNamed, []Input{moved, newList}, "bad", "bad", ""},
		{"a reload, and the degraded one has not changed", SourcesChanged, inputs, "bad", "bad", newList.Pointer},
		{"a reload, and the degraded one has changed", SourcesChanged, inputs, "bad", "worse", oldList.Pointer + " " + newList.Pointer},
		{"a reload, and the degraded one is there now", SourcesChanged, inputs, Absent, "worse", oldList.Pointer + " " + newList.Pointer},
		{"a reload, and no one can see the degraded one", SourcesChanged, inputs, "", "", newList.Pointer},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := strings.Join(c.sources.Strict(inputs, c.before, listed(t, c.tried, c.now)), " "); got != c.want {
				t.Errorf("must not fail: %q, want %q", got, c.want)
			}
		})
	}
}

func TestADegradedSourceIsTriedAgain(t *testing.T) {
	want := Desired{Generation: "g2", Workers: 1, WorkerHash: "w", RulesHash: "r", Inputs: []Input{oldList, newList}}
	for _, c := range []struct {
		name, now string
		opt       Options
		cause     string // "" is no load
	}{
		{"not while it is the same", "bad", Options{Reading: ReadWatched, Patient: true}, ""},
		{"not while it is not there", Absent, Options{Reading: ReadWatched, Patient: true}, ""},
		{"when it changes, whether it is watched or not", "good", Options{Reading: ReadWatched, Patient: true},
			"hosts file /old.hosts could not be loaded: trying again"},
		{"after a pause, though it is the same", "bad", Options{Reading: ReadWatched, Patient: true, Retry: true},
			"hosts file /old.hosts could not be loaded: trying again"},
		{"when someone asks", "bad", Options{Reading: ReadAll}, "hosts file /old.hosts could not be loaded: trying again"},
		{"not by a change of something else", "good", Options{}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			loads := Diff(want, listed(t, "bad", c.now), c.opt).Touches(Load)
			cause := ""
			if len(loads) > 0 {
				cause = loads[0].Cause
			}
			if cause != c.cause {
				t.Errorf("load because %q, want %q", cause, c.cause)
			}
		})
	}
}

func TestRulesThatCannotBeLoadedAreTriedAgainAfterAPause(t *testing.T) {
	live := system(t, "1 active w\nrules failed")
	want := Desired{Generation: "g2", Workers: 1, WorkerHash: "w", RulesHash: "r"}
	if p := Diff(want, live, Options{Patient: true}); !p.Empty() {
		t.Errorf("without a pause:\n%s", p)
	}
	if p := Diff(want, live, Options{Patient: true, Retry: true}); len(p.Touches(Load)) != 1 {
		t.Errorf("after a pause:\n%s", p)
	}
}

func TestALoadKnowsWhatMustNotFail(t *testing.T) {
	want := Desired{Generation: "g2", Workers: 1, WorkerHash: "w", RulesHash: "r2", Inputs: []Input{oldList, newList}}
	opt := Options{Sources: SourcesNamed, Named: []Input{oldList}}
	plan := Diff(want, listed(t, "bad", "bad"), opt).Without(func(s Step) bool { return s.Kind == Reset })
	if got := plan.Touches(Load)[0].Strict; !slices.Equal(got, []string{newList.Pointer}) {
		t.Errorf("must not fail: %q", got)
	}
}

func TestTheStatusOfThePolicyLoaderTellsTheHash(t *testing.T) {
	for text, want := range map[string]string{"rules abc": "abc", "rules abc, 2 sources degraded": "abc", "config abc": "", "rules abcd": ""} {
		o := Observed{ActiveState: "active", StatusText: text}
		if got := o.LoadedRules("abc"); got != (want == "abc") {
			t.Errorf("%q has loaded abc: %t", text, got)
		}
	}
}

func TestDegradedSaysWhatIsInForce(t *testing.T) {
	d := Degraded{Input: oldList, Problem: "/old.hosts:2: invalid syntax"}
	if got := d.String(); got != "degraded: hosts file /old.hosts: /old.hosts:2: invalid syntax; its rules are not in force" {
		t.Error(got)
	}
	d.Copy = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if got := d.Instead(); got != "the copy of 2026-01-02 03:04:05 is in force" {
		t.Error(got)
	}
}
