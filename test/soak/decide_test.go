// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"regexp"
	"testing"
	"time"
)

// deed is an act with its parameters, and the pause before it.
type deed struct {
	pause        time.Duration
	name, script string
}

// asking is a request and the pause before it.
type asking struct {
	pause time.Duration
	request
}

// round is what happens between two looks.
type round struct {
	deeds   []deed
	askings []asking
}

// decide makes the n-th round of a seed. Nothing that has happened decides.
func decide(seed, n uint64, acts []act) round {
	r := rand.New(rand.NewPCG(seed, n))
	pause := func(most int) time.Duration { return time.Duration(r.IntN(most)) * time.Millisecond }
	var d round
	for range 3 + r.IntN(6) {
		a := acts[r.IntN(len(acts))]
		d.deeds = append(d.deeds, deed{pause(500), a.name, a.script(r)})
	}
	for range 2 + r.IntN(4) {
		d.askings = append(d.askings, asking{pause(700), requests[r.IntN(len(requests))](r)})
	}
	return d
}

func wanted(name string) bool { return regexp.MustCompile(*only).MatchString(name) }

func TestTheSeedDecides(t *testing.T) {
	scripts := map[string]bool{}
	for n := range uint64(200) {
		a, b := decide(7, n, acts), decide(7, n, acts)
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("round %d differs:\n%v\n%v", n, a, b)
		}
		if reflect.DeepEqual(a, decide(8, n, acts)) {
			t.Errorf("round %d is that of another seed, too", n)
		}
		for _, d := range a.deeds {
			scripts[d.name] = true
		}
	}
	for _, a := range acts {
		if !scripts[a.name] {
			t.Errorf("never in 200 rounds: %s", a.name)
		}
	}
	if fmt.Sprint(decide(1, 0, acts).deeds) == fmt.Sprint(decide(1, 1, acts).deeds) {
		t.Error("all rounds are alike")
	}
}
