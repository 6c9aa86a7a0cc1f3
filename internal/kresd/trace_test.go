// SPDX-License-Identifier: Apache-2.0

package kresd

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// follower is a worker that follows requests: said is what it answers to each fetch, the
// last one for good.
func follower(t *testing.T, said ...string) *worker {
	taught := false
	return serve(t, shortDir(t), "1", &worker{answer: func(line string) string {
		switch {
		case strings.HasPrefix(line, "kresd_manager ~= nil"):
			if taught {
				return "true"
			}
			return "false"
		case strings.HasPrefix(line, "(function() assert(loadstring("):
			taught = true
			return ""
		case strings.HasPrefix(line, "kresd_manager.follow("+luaQuote("fetch")):
			next := said[0]
			if len(said) > 1 {
				said = said[1:]
			}
			return next
		}
		return "{}"
	}})
}

const finished = `{"done":true,"rcode":0,"ad":false,"took":12,"answer":["a 60 A 192.0.2.7"],"lines":[{"at":3,"line":"[x] y\n"}]}`

func TestFollow(t *testing.T) {
	w := follower(t, `{"done":false}`, finished)
	for range 2 {
		got, err := Workers{w.dir}.Follow(patient(t), "1", Question{Name: "a.", Type: "A"})
		if err != nil {
			t.Fatal(err)
		}
		zero := 0
		want := Trace{RCode: &zero, Answer: list[string]{"a 60 A 192.0.2.7"}, Took: 12, Lines: list[TraceLine]{{At: 3, Line: "[x] y\n"}}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	lessons := 0
	for _, line := range w.asked() {
		if strings.Contains(line, "loadstring") {
			lessons++
		}
	}
	if lessons != 1 {
		t.Errorf("the worker was sent the code %d times, want once", lessons)
	}
}

func TestFollowOfARequestThatSaidNothing(t *testing.T) {
	w := follower(t, `{"done":true,"answer":{},"lines":{},"ede":22,"ede_text":"RRPF","took":1}`)
	got, err := Workers{w.dir}.Follow(patient(t), "1", Question{Name: "a.", Type: "A"})
	if err != nil || got.RCode != nil || len(got.Answer)+len(got.Lines) != 0 || got.Error == nil || *got.Error != 22 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestFollowIsRefused(t *testing.T) {
	w := follower(t, `{"problem":"it does not know the request any more"}`)
	_, err := Workers{w.dir}.Follow(patient(t), "1", Question{Name: "a.", Type: "A"})
	var refused *LuaError
	if !errors.As(err, &refused) || refused.Message != "it does not know the request any more" {
		t.Errorf("the error is %v", err)
	}
}

// Whoever gives up leaves nothing behind in the worker.
func TestFollowThatIsGivenUpIsForgotten(t *testing.T) {
	w := follower(t, `{"done":false}`)
	ctx, giveUp := context.WithCancel(patient(t))
	defer giveUp()
	go func() { // once it has been asked for what it has
		for ctx.Err() == nil && !slices.ContainsFunc(w.asked(), func(line string) bool {
			return strings.HasPrefix(line, "kresd_manager.follow("+luaQuote("fetch"))
		}) {
			time.Sleep(time.Millisecond)
		}
		giveUp()
	}()
	_, err := Workers{w.dir}.Follow(ctx, "1", Question{Name: "a.", Type: "A"})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	lines := w.asked()
	last := lines[len(lines)-1]
	if !strings.HasPrefix(last, "kresd_manager.follow("+luaQuote("forget")) {
		t.Errorf("at last the worker was asked %q", last)
	}
}

// Whatever a name is, the worker gets numbers in quotes.
func TestNoNameIsReadAsLua(t *testing.T) {
	call := regexp.MustCompile(`^kresd_manager\.follow\(('(\\\d{3})*'(, )?)+\)$`)
	for _, name := range []string{"') os.execute('id') --", "]]", "\\", "a\x00b", "a\nb", "\x1b[2J", "é", `"`, "'"} {
		w := follower(t, finished)
		if _, err := (Workers{w.dir}).Follow(patient(t), "1", Question{Name: name, Type: name, From: name}); err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		calls := 0
		for _, line := range w.asked() {
			if strings.HasPrefix(line, "kresd_manager.follow") {
				calls++
				if !call.MatchString(line) {
					t.Errorf("%q is sent as %s", name, line)
				}
			}
		}
		if calls < 2 {
			t.Errorf("%q: %d calls", name, calls)
		}
	}
}

func TestNumbersOfWorkers(t *testing.T) {
	w := serve(t, shortDir(t), "1", &worker{answer: func(line string) string {
		if strings.Contains(line, "cache.stats()") {
			return `{"count_entries":7,"usage_percent":0.5,"size":52428800,"read":56,"read_miss":28,"write":16,"match":0}`
		}
		return `{"rtt":{"192.0.2.1":[1,2.5],"192.0.2.2":{}},"udp":8,"tcp":1,"tls":2,"timeout":3}`
	}})
	c, err := Workers{w.dir}.Cache(patient(t), "1")
	if want := (CacheStatistics{Entries: 7, Usage: 0.5, SizeBytes: 52428800, Reads: 56, Misses: 28, Writes: 16}); err != nil || c != want {
		t.Errorf("%+v, %v", c, err)
	}
	u, err := Workers{w.dir}.AskUpstreams(patient(t), "1")
	want := Upstreams{RTT: map[string]list[float64]{"192.0.2.1": {1, 2.5}, "192.0.2.2": nil}, UDP: 8, TCP: 1, TLS: 2, Timeouts: 3}
	if diff := cmp.Diff(want, u); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}
