// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"kresd-manager/api"
	"kresd-manager/api/wire"
	"kresd-manager/units"
)

const async = "Prefer: respond-async"

// change reads a reply that must be one.
func (r reply) change(tb testing.TB) wire.Change {
	tb.Helper()
	var c wire.Change
	if err := json.Unmarshal([]byte(r.body), &c); err != nil {
		tb.Fatalf("%d: %v in %q", r.StatusCode, err, r.body)
	}
	return c
}

// begin asks for a change that goes on, and returns where it is.
func (s *site) begin(tb testing.TB, method, path, body string, headers ...string) string {
	tb.Helper()
	got := s.ask(tb, method, path, body, append(headers, async)...)
	at := got.Header.Get("Location")
	if got.StatusCode != http.StatusAccepted || !strings.HasPrefix(at, "/v1/changes/") || got.Header.Get("Preference-Applied") != "respond-async" {
		tb.Fatalf("%s %s: %d %v %s", method, path, got.StatusCode, got.Header, got.body)
	}
	return at
}

func TestAChangeGoesOnWithoutItsClient(t *testing.T) {
	s := serve(t, api.Options{})
	entered, release := s.Hold("start")
	at := s.begin(t, "PUT", "/v1/config/workers", "3", "X-Reference-Id: mine", acceptJSON)
	s.http.CloseIdleConnections()
	<-entered
	got := s.ask(t, "GET", at, "")
	c := got.change(t)
	if c.State != units.ChangeApplying || c.Cause != "PUT /workers" || c.Who.Request != "mine" || c.Plan == nil || len(c.Steps) == 0 || c.Problem != nil {
		t.Errorf("in progress: %s", got.body)
	}

	// What waits says for what.
	second := s.begin(t, "POST", "/reload", "")
	if c := s.ask(t, "GET", second, "").change(t); c.State != units.ChangeQueued || c.Position != 1 || c.Behind == nil || at != fmt.Sprintf("/v1/changes/%d", c.Behind.ID) {
		t.Errorf("queued: %+v", c)
	}
	var all wire.Changes
	if err := json.Unmarshal([]byte(s.ask(t, "GET", "/v1/changes", "").body), &all); err != nil || len(all.Changes) != 2 {
		t.Errorf("all: %+v, %v", all, err)
	}

	// Nothing becomes of it, so that there is nothing new.
	if got := s.ask(t, "GET", second+"?wait=10ms", "", "If-None-Match: "+s.ask(t, "GET", second, "").Header.Get("Etag")); got.StatusCode != http.StatusNotModified || got.body != "" {
		t.Errorf("without news: %d %s", got.StatusCode, got.body)
	}
	news := make(chan reply, 1)
	etag := s.ask(t, "GET", at, "").Header.Get("Etag")
	go func() { news <- s.ask(t, "GET", at+"?wait=1m", "", "If-None-Match: "+etag) }()
	end := make(chan reply, 1)
	go func() { end <- s.ask(t, "GET", second+"?wait=60", "") }()
	release()
	if got := <-news; got.StatusCode != http.StatusOK || got.Header.Get("Etag") == etag {
		t.Errorf("news: %d %s", got.StatusCode, got.body)
	}
	got = <-end
	if c := got.change(t); c.State != units.ChangeApplied || c.Report == nil || c.Report.Cause != "reload" {
		t.Errorf("in the end: %s", got.body)
	}
	c = s.ask(t, "GET", at+"?wait=1m", "").change(t)
	if c.State != units.ChangeApplied || c.ETag == "" || fmt.Sprintf("/v1/changes/%d", c.Report.Entry) != at {
		t.Errorf("the first in the end: %+v", c)
	}
}

// The result is the answer that there would have been without the preference.
func TestTheProblemOfAChangeIsThatOfItsAnswer(t *testing.T) {
	for name, ask := range map[string]func(s *site, headers ...string) reply{
		"an invalid value": func(s *site, hd ...string) reply { return s.ask(t, "PUT", "/v1/config/workers", `"many"`, hd...) },
		"no such value":    func(s *site, hd ...string) reply { return s.ask(t, "DELETE", "/v1/config/nope", "", hd...) },
		"a precondition": func(s *site, hd ...string) reply {
			return s.ask(t, "POST", "/reload", "", append(hd, `If-Match: "x"`)...)
		},
		"a refused script": func(s *site, hd ...string) reply {
			return s.ask(t, "PUT", "/v1/config/lua/script", `"no_such_function()"`, hd...)
		},
		"no such entry": func(s *site, hd ...string) reply { return s.ask(t, "POST", "/v1/rollback/77", "", hd...) },
		"a failed test": func(s *site, hd ...string) reply {
			return s.ask(t, "PATCH", "/v1/config", `[{"op":"test","path":"/workers","value":7}]`, hd...)
		},
	} {
		plain := serve(t, api.Options{})
		want := ask(plain, acceptJSON, "X-Reference-Id: r").problem(t)
		s := serve(t, api.Options{})
		accepted := ask(s, acceptJSON, async, "X-Reference-Id: r")
		if accepted.StatusCode != http.StatusAccepted {
			t.Errorf("%s: %d %s", name, accepted.StatusCode, accepted.body)
			continue
		}
		c := s.ask(t, "GET", accepted.Header.Get("Location")+"?wait=1m", "").change(t)
		if c.State != units.ChangeRefused || c.Problem == nil {
			t.Errorf("%s: %+v", name, c)
			continue
		}
		got, _ := json.Marshal(c.Problem)
		answered, _ := json.Marshal(want)
		if a, b := strings.ReplaceAll(string(got), s.File, "FILE"), strings.ReplaceAll(string(answered), plain.File, "FILE"); a != b {
			t.Errorf("%s:\n%s, answered at once\n%s", name, a, b)
		}
	}
}

// With wait, what ends soon is answered as if nothing was preferred.
func TestAPreferenceMayWait(t *testing.T) {
	s := serve(t, api.Options{})
	got := s.ask(t, "PUT", "/v1/config/nsid", `"x"`, "Prefer: respond-async, wait=60", acceptJSON)
	var r units.Report
	if err := json.Unmarshal([]byte(got.body), &r); err != nil || got.StatusCode != http.StatusOK || r.Entry == 0 || got.Header.Get("Etag") != s.quotedETag() {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	if got := s.ask(t, "PUT", "/v1/config/workers", `"many"`, "Prefer: respond-async, wait=60", acceptJSON); got.StatusCode != http.StatusBadRequest {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	entered, release := s.Hold("start")
	defer release()
	began := time.Now()
	got = s.ask(t, "PUT", "/v1/config/workers", "3", "Prefer: respond-async, wait=1")
	if got.StatusCode != http.StatusAccepted || time.Since(began) < time.Second {
		t.Errorf("%d after %s", got.StatusCode, time.Since(began))
	}
	<-entered
	if !strings.Contains(got.body, "goes on. GET "+got.Header.Get("Location")+" says") {
		t.Errorf("the text: %q", got.body)
	}
	// A dry run is not a change.
	if got := s.ask(t, "PUT", "/v1/config/workers?dry-run", "4", async); got.StatusCode != http.StatusOK {
		t.Errorf("a dry run: %d %s", got.StatusCode, got.body)
	}
}

func TestAChangeIsCanceledByItsNumber(t *testing.T) {
	s := serve(t, api.Options{})
	entered, release := s.Hold("start")
	defer release()
	first := s.begin(t, "PUT", "/v1/config/workers", "3")
	<-entered
	second := s.begin(t, "PUT", "/v1/config/nsid", `"x"`)
	number := strings.TrimPrefix(second, "/v1/changes/")
	if got := s.ask(t, "POST", "/v1/cancel/"+number, ""); got.StatusCode != http.StatusAccepted || !strings.Contains(got.body, "Change "+number+" (PUT /nsid, asked for by ") || !strings.Contains(got.body, "had not begun") {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	if c := s.ask(t, "GET", second, "").change(t); c.State != units.ChangeCanceled || c.Problem == nil || c.Problem.Kind != wire.KindCanceled {
		t.Errorf("%+v", c)
	}
	for path, want := range map[string]struct {
		status  int
		message string
	}{
		"/v1/cancel/" + number: {409, "change " + number + " has ended already: it is canceled"},
		"/v1/cancel/9999":      {404, "there is no change 9999"},
		"/v1/cancel/x":         {400, "x is not the number of a change"},
	} {
		if got := s.ask(t, "POST", path, "", acceptJSON); got.StatusCode != want.status || !strings.Contains(got.problem(t).Message, want.message) {
			t.Errorf("%s: %d %s", path, got.StatusCode, got.body)
		}
	}
	got := s.ask(t, "POST", strings.Replace(first, "changes", "cancel", 1), "", acceptJSON)
	if c := got.change(t); got.StatusCode != http.StatusAccepted || c.State != units.ChangeApplying {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	release()
	if c := s.ask(t, "GET", first+"?wait=1m", "").change(t); c.State != units.ChangeCanceled || c.Report.Rollback == nil && c.Problem.Restored == nil {
		t.Errorf("%+v", c)
	}
}

func TestWhatIsAskedOfChangesIsRead(t *testing.T) {
	s := serve(t, api.Options{})
	for path, want := range map[string]string{
		"/v1/changes/9999":        "404 there is no change 9999",
		"/v1/changes/x":           "400 x is not the number of a change",
		"/v1/changes/1?wait=soon": "400 cannot read wait=soon; write a time such as 30s or 2m, up to 10m",
		"/v1/changes/1?wait=-5s":  "400 cannot read wait=-5s",
		"/v1/changes/1?wait=11m":  "400 wait is at most 10m",
		"/v1/changes/1?wat=1":     "400 there is no parameter wat",
		"/v1/changes?wait=1":      "400 /v1/changes takes no parameters",
	} {
		got := s.ask(t, "GET", path, "", acceptJSON)
		if text := fmt.Sprintf("%d %s", got.StatusCode, got.problem(t).Message); !strings.HasPrefix(text, want) {
			t.Errorf("%s: %s", path, text)
		}
	}
	// The start is in the history.
	if c := s.ask(t, "GET", "/v1/changes/1?wait=1", "").change(t); c.State != units.ChangeApplied || c.Cause != "start" {
		t.Errorf("%+v", c)
	}
}

// Changes that no connection waits for are bounded, and so are those who wait.
func TestChangesUnderWayAreBounded(t *testing.T) {
	s := serveTCP(t, twoTokens, api.Options{})
	auth := "Authorization: Bearer " + configureToken
	entered, release := s.Hold("start")
	defer release()
	at := s.begin(t, "PUT", "/v1/config/workers", "3", auth)
	<-entered
	for range 15 {
		s.begin(t, "POST", "/renew", "", auth)
	}
	got := s.ask(t, "POST", "/renew", "", auth, async, acceptJSON)
	if p := got.problem(t); got.StatusCode != 503 || p.Kind != wire.KindBusy || !strings.Contains(p.Message, "16 changes under way at a time") {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	done := make(chan int, 17)
	for range 17 {
		go func() { done <- s.ask(t, "GET", at+"?wait=1m", "", auth).StatusCode }()
	}
	if got := <-done; got != 503 { // of 17 one is too many, and the others wait
		t.Errorf("one waits too many: %d", got)
	}
	release()
	for range 16 {
		if got := <-done; got != 200 {
			t.Errorf("who waits: %d", got)
		}
	}
	for {
		if got := s.ask(t, "POST", "/renew", "", auth, async); got.StatusCode == http.StatusAccepted {
			break // the share is given back
		}
		time.Sleep(time.Millisecond)
	}
}

// What is wrong with a request may quote it, secrets as well.
func TestReadersAreNotToldOfRequests(t *testing.T) {
	s := serveTCP(t, twoTokens, api.Options{})
	at := s.begin(t, "PUT", "/v1/config/workers", `"hunter2"`, "Authorization: Bearer "+configureToken)
	for token, shown := range map[string]bool{readToken: false, configureToken: true} {
		got := s.ask(t, "GET", at+"?wait=1m", "", "Authorization: Bearer "+token)
		if c := got.change(t); c.Problem == nil || c.Problem.Kind != wire.KindInvalid || strings.Contains(got.body, "hunter2") != shown {
			t.Errorf("%s", got.body)
		}
	}
	if got := s.ask(t, "POST", strings.Replace(at, "changes", "cancel", 1), "", "Authorization: Bearer "+readToken); got.StatusCode != 403 {
		t.Errorf("a reader cancels: %d %s", got.StatusCode, got.body)
	}
}

// Who waits does not hold up the end of the manager.
func TestWhoWaitsForAChangeIsAnsweredWhenTheServerEnds(t *testing.T) {
	ending := make(chan struct{})
	s := serve(t, api.Options{Ending: ending})
	entered, release := s.Hold("start")
	defer release()
	at := s.begin(t, "PUT", "/v1/config/workers", "3")
	<-entered
	got := make(chan reply, 1)
	go func() { got <- s.ask(t, "GET", at+"?wait=10m", "") }()
	close(ending)
	if c := (<-got).change(t); c.State != units.ChangeApplying {
		t.Errorf("%+v", c)
	}
}
