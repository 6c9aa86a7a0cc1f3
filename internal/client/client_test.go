// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kresd-manager/api"
	"kresd-manager/api/wire"
	"kresd-manager/internal/client"
	"kresd-manager/internal/config"
	"kresd-manager/internal/config/text"
	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/internal/manager/inmemory"
	"kresd-manager/test/listen"
	"kresd-manager/units"
)

// serve offers a handler on a unix socket and returns a client of it.
func serve(t *testing.T, h http.Handler) *client.Client {
	t.Helper()
	c := client.New(listen.Serve(t, h))
	t.Cleanup(c.Close)
	return c
}

func manager(t *testing.T) (*inmemory.Machine, *client.Client) {
	t.Helper()
	m := inmemory.New(t, "workers: 2\nnsid: null\n")
	return m, serve(t, api.New(m, api.Options{}))
}

func TestEveryRoute(t *testing.T) {
	ctx := context.Background()
	m, c := manager(t)
	value, etag, err := c.Get(ctx, "")
	if err != nil || string(value) != `{"workers":2,"nsid":null}` || etag != m.Running().ETag() {
		t.Errorf("Get: %s, %s, %v", value, etag, err)
	}
	if value, _, err = c.Get(ctx, "/nsid"); err != nil || string(value) != "null" {
		t.Errorf("Get: %s, %v", value, err)
	}
	done, err := c.Put(ctx, "/workers", []byte("3"), "", client.ChangeOptions{IfMatch: etag})
	if err != nil || done.Report.Plan.Empty() || done.ETag == etag || done.ETag != m.Running().ETag() {
		t.Errorf("Put: %+v, %v", done, err)
	}
	done, err = c.Put(ctx, "/workers", []byte("4"), "", client.ChangeOptions{DryRun: true})
	if err != nil || !done.Report.DryRun || done.ETag != m.Running().ETag() {
		t.Errorf("dry run: %+v, %v", done, err)
	}
	if _, err = c.Delete(ctx, "/nsid", client.ChangeOptions{}); err != nil {
		t.Errorf("Delete: %v", err)
	}
	if _, err = c.Delete(ctx, "/workers", client.ChangeOptions{IfMatch: "*"}); err != nil {
		t.Errorf("Delete: %v", err)
	}
	if got := string(m.Running().JSON()); got != `{}` {
		t.Errorf("runs %s", got)
	}
	if r, err := c.Plan(ctx); err != nil || r.Plan.Empty() || !r.DryRun {
		t.Errorf("Plan: %+v, %v", r, err)
	}
	if r, err := c.Reload(ctx, false, client.ChangeOptions{}); err != nil || r.Plan.Empty() {
		t.Errorf("Reload: %+v, %v", r, err)
	}
	if r, err := c.Renew(ctx, true, client.ChangeOptions{DryRun: true}); err != nil || r.Plan.Empty() || !r.DryRun {
		t.Errorf("Renew: %+v, %v", r, err)
	}
	if s, err := c.Status(ctx); err != nil || s.Workers != 2 {
		t.Errorf("Status: %+v, %v", s, err)
	}
	if ps, err := c.Processes(ctx, "kresd"); err != nil || len(ps) != 2 || ps[0].Status != "RUNNING" {
		t.Errorf("Processes: %+v, %v", ps, err)
	}
	if schema, err := c.Schema(ctx); err != nil || !bytes.Equal(schema, config.Schema()) {
		t.Errorf("Schema: %d bytes, %v", len(schema), err)
	}
	if err := c.Stop(ctx); err != nil {
		t.Errorf("Stop: %v", err)
	}
}

func TestPointersArriveUnchanged(t *testing.T) {
	m, c := manager(t)
	_ = m
	for _, pointer := range []string{"/a b", "//x/", "/./..", "/a?b#c", "/100%", "/%2F", "/ž", "/a\nb", "/a~1b", "/;=&+"} {
		_, _, err := c.Get(context.Background(), pointer)
		var refused *client.Error
		if !errors.As(err, &refused) || refused.Status != 404 || refused.Problem.Kind != wire.KindNoValue {
			t.Errorf("%q: %v", pointer, err)
		}
	}
}

func TestErrorsCarryTheProblem(t *testing.T) {
	_, c := manager(t)
	_, err := c.Put(context.Background(), "/workers", []byte("many"), text.YAML, client.ChangeOptions{})
	var refused *client.Error
	if !errors.As(err, &refused) || refused.Status != 400 || len(refused.Problem.Problems) != 1 ||
		!strings.Contains(err.Error(), "/workers: ") {
		t.Errorf("%v", err)
	}
	_, err = c.Put(context.Background(), "/lua", []byte(`{"script": "`+fakesystemd.Refusal+`"}`), "", client.ChangeOptions{})
	if !errors.As(err, &refused) || refused.Problem.Unit != units.Canary || refused.Problem.Restored == nil {
		t.Errorf("%v", err)
	}
}

// Knot Resolver's own manager may sit on the socket. It answers in text, or
// not at all.
func TestAnswersOfAnotherManager(t *testing.T) {
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			http.Error(w, "no such thing", http.StatusTeapot)
		}
		if r.URL.Path == "/reload" {
			fmt.Fprint(w, "Reloading...")
		}
	}))
	if done, err := c.Put(context.Background(), "", []byte("{}"), "", client.ChangeOptions{}); err != nil || !done.Report.Plan.Empty() {
		t.Errorf("%+v, %v", done, err)
	}
	if done, err := c.Reload(context.Background(), false, client.ChangeOptions{}); err != nil || !done.Plan.Empty() {
		t.Errorf("%+v, %v", done, err)
	}
	_, err := c.Status(context.Background())
	if err == nil || err.Error() != "418 i'm a teapot: no such thing" {
		t.Errorf("%v", err)
	}
}

func TestNoAnswer(t *testing.T) {
	_, err := client.New("/no/such/socket").Status(context.Background())
	var none *client.ConnectError
	if !errors.As(err, &none) || !strings.Contains(err.Error(), "no such file; is it running?") {
		t.Errorf("%v", err)
	}
	_, err = client.New("/" + strings.Repeat("x", 200)).Status(context.Background())
	if !errors.As(err, &none) || !strings.Contains(err.Error(), "not a usable path") {
		t.Errorf("%v", err)
	}
	c := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	_, err = c.Reload(context.Background(), false, client.ChangeOptions{})
	if !errors.As(err, &none) || !strings.HasSuffix(err.Error(), ": the connection was closed without an answer; the change may have been made or still go on, see kresctl status") {
		t.Errorf("%v", err)
	}
	c = serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, err = c.Status(ctx)
	if !errors.As(err, &none) || !strings.Contains(err.Error(), "no answer within") {
		t.Errorf("%v", err)
	}
}

// What does not fit is told in words of who asks, and not of who programmed it.
func TestAnAnswerOfAnotherForm(t *testing.T) {
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/v1/events" {
			fmt.Fprint(w, "event: begin\ndata: {\"n\":\"x\"}\n\n")
			return
		}
		fmt.Fprint(w, `{"workers":"many","plan":7}`)
	}))
	ctx := context.Background()
	for name, ask := range map[string]func() error{
		"answer": func() error { _, err := c.Status(ctx); return err },
		"event":  func() error { return c.Events(ctx, client.Reconnect{}, func(units.Event) {}) },
	} {
		err := ask()
		var other *client.AnswerError
		if !errors.As(err, &other) || err.Error() != "cannot read the "+name+" of "+other.Address+
			": it does not have the form of this version of kresd-manager; check what listens there" {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := c.Rollback(ctx, 0, client.ChangeOptions{})
	if err == nil || strings.Contains(err.Error(), "unmarshal") || !strings.HasSuffix(err.Error(), "the change may have been made or still go on, see kresctl status") {
		t.Errorf("%v", err)
	}
}

// Another program may sit on the socket, and speak first or when it is asked.
func TestWhatSpeaksNoHTTP(t *testing.T) {
	for name, first := range map[string]bool{"speaks first": true, "answers": false} {
		l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		go func() {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			if first {
				fmt.Fprint(c, "220 mail.example ESMTP\r\n")
			}
			request := bufio.NewReader(c)
			for line := ""; line != "\r\n"; {
				if line, err = request.ReadString('\n'); err != nil {
					return
				}
			}
			fmt.Fprint(c, "500 what?\r\n")
		}()
		_, err = client.New(l.Addr().String()).Status(context.Background())
		if want := "kresd-manager does not answer on " + l.Addr().String() + ": what listens there does not speak HTTP"; err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

// TestABrowserAsksAsWeDo carries a manager to a browser, which has to follow the link.
func TestABrowserAsksAsWeDo(t *testing.T) {
	m, c := manager(t)
	b, err := c.Carry()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- b.Serve(ctx) }()
	link := b.Link()
	site, code, _ := strings.Cut(link, "/ui/#code=")
	browser := http.Client{}
	if browser.Jar, err = cookiejar.New(nil); err != nil {
		t.Fatal(err)
	}
	ask := func(method, path, body string) (int, string) {
		t.Helper()
		r, err := http.NewRequest(method, site+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Origin", site)
		resp, err := browser.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(text)
	}
	if status, text := ask("GET", "/ui/", ""); status != 200 || !strings.Contains(strings.ToLower(text), "<!doctype html>") {
		t.Errorf("the page: %d %.100s", status, text)
	}
	if status, _ := ask("PUT", "/v1/config/workers", "3"); status != 401 {
		t.Errorf("before: %d", status)
	}
	if status, text := ask("POST", "/v1/session", `{"code": "`+code+`"}`); status != 200 || !strings.Contains(text, `"role":"configure"`) {
		t.Errorf("the link: %d %s", status, text)
	}
	if status, text := ask("PUT", "/v1/config/workers", "3"); status != 200 {
		t.Errorf("a change: %d %s", status, text)
	}
	if v, _ := m.Running().Value("/workers"); string(v) != "3" {
		t.Errorf("%s workers", v)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
