// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"kresd-manager/api"
	"kresd-manager/api/wire"
	"kresd-manager/units"
)

func TestLogs(t *testing.T) {
	asked := make(chan units.LogQuery, 100)
	s := serve(t, api.Options{Logs: func(ctx context.Context, q units.LogQuery, told func(units.LogLine)) error {
		asked <- q
		if q.Lines == 7 {
			return errors.New("secret reason")
		}
		told(units.LogLine{Unit: "kresd@1.service", Message: "first\nsecond", Priority: 4, Cursor: "s=2b4f;i=1f;b=9a;m=1e;t=6470;x=ff"})
		if q.Follow {
			<-ctx.Done()
		}
		return nil
	}})
	got := s.ask(t, "GET", "/v1/logs?follow=0&lines=5&unit=kresd@1.service&unit=kresd-manager.service", "")
	if want := "event: log\ndata: {\"when\":\"0001-01-01T00:00:00Z\",\"unit\":\"kresd@1.service\",\"priority\":4,\"message\":\"first\\nsecond\"}\n"; got.StatusCode != 200 || !strings.Contains(got.body, want) {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	if q := <-asked; q.Lines != 5 || q.Follow || !slices.Equal(q.Units, []string{"kresd@1.service", "kresd-manager.service"}) {
		t.Errorf("asked for %+v", q)
	}
	for _, query := range []string{"unit=ssh.service", "unit=kresd@1.service&unit=*", "unit=--file=/etc/shadow", "lines=-1", "lines=x", "lines=10001", "follow=maybe", "since=1", "since=tomorrow", "priority=8", "priority=err..info", "since=-1h", "before=1h"} {
		if got := s.ask(t, "GET", "/v1/logs?"+query, ""); got.StatusCode != 400 {
			t.Errorf("%s: %d %s", query, got.StatusCode, got.body)
		}
	}
	if len(asked) > 0 {
		t.Error("a wrong request had logs read")
	}
	if got := s.ask(t, "GET", "/v1/logs?lines=7&follow=0", ""); !strings.Contains(got.body, "event: error\n") || strings.Contains(got.body, "secret") {
		t.Errorf("a journal that cannot be read: %s", got.body)
	}
	if q := <-asked; len(q.Units) < 4 || q.Units[len(q.Units)-1] != units.Manager {
		t.Errorf("asked for %+v", q)
	}

	s.ask(t, "GET", "/v1/logs?follow=0&priority=4&since=2026-11-28T10:00:00Z", "")
	if q := <-asked; q.Priority != "warning" || !q.Since.Equal(time.Date(2026, 11, 28, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("asked for %+v", q)
	}
	s.ask(t, "GET", "/v1/logs?follow=0&since=2h", "")
	if q := <-asked; q.Priority != "" || time.Since(q.Since) < 2*time.Hour {
		t.Errorf("asked for %+v", q)
	}

	// The cursor of a message is its id, and what a reader goes on from.
	const cursor = "s=2b4f;i=1f;b=9a;m=1e;t=6470;x=ff"
	if !strings.Contains(got.body, "\nid: "+cursor+"\nevent: log\n") || strings.Contains(got.body, "Cursor") {
		t.Errorf("the cursor is missing: %s", got.body)
	}
	s.ask(t, "GET", "/v1/logs?follow=0", "", "Last-Event-ID: "+cursor)
	if q := <-asked; q.After != cursor {
		t.Errorf("asked for %+v", q)
	}
	for _, id := range []string{"x", "s=", cursor + " x", cursor + ";", "--file=/etc/shadow", strings.Repeat(cursor+";", 10) + cursor, "s=" + strings.Repeat("a", 33)} {
		if got := s.ask(t, "GET", "/v1/logs?follow=0", "", "Last-Event-ID: "+id); got.StatusCode != 400 || !strings.Contains(got.body, "Last-Event-ID is not the id of a message") {
			t.Errorf("after %q: %d %s", id, got.StatusCode, got.body)
		}
	}
	if len(asked) > 0 {
		t.Error("a wrong id had logs read")
	}

	// Each reader has a process, so that there are not many; one that leaves ends its own.
	var readers []*http.Response
	open := func() *http.Response {
		t.Helper()
		resp, err := s.http.Get("http://localhost/v1/logs")
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	for range 8 {
		resp := open()
		defer resp.Body.Close()
		if line, err := bufio.NewReader(resp.Body).ReadString('\n'); err != nil || resp.StatusCode != 200 {
			t.Fatalf("%s %q %v", resp.Status, line, err)
		}
		readers = append(readers, resp)
	}
	if got := s.ask(t, "GET", "/v1/logs", "", acceptJSON); got.StatusCode != 503 || got.problem(t).Kind != wire.KindBusy {
		t.Errorf("the ninth reader: %d %s", got.StatusCode, got.body)
	}
	_ = readers[0].Body.Close()
	for {
		resp := open()
		_ = resp.Body.Close()
		if resp.StatusCode == 200 {
			break
		}
		time.Sleep(time.Millisecond)
	}
}

// What reads the journal may end before the manager says that it ends.
func TestLogsEndWithTheManager(t *testing.T) {
	ending := make(chan struct{})
	s := serve(t, api.Options{Ending: ending, Restarts: func() bool { return true }, Logs: func(context.Context, units.LogQuery, func(units.LogLine)) error {
		time.AfterFunc(100*time.Millisecond, func() { close(ending) })
		return errors.New("signal: terminated")
	}})
	if got := s.ask(t, "GET", "/v1/logs", ""); !strings.HasSuffix(got.body, "event: ending\ndata: {\"restart\":true}\n\n") || strings.Contains(got.body, "event: error") {
		t.Errorf("the stream is %q", got.body)
	}
}
