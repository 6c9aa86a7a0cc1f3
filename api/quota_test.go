// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"kresd-manager/api"
	"kresd-manager/api/door"
	"kresd-manager/api/wire"
	"kresd-manager/units"
)

// from is a client of a site over TCP that has an address of its own.
func (s *site) from(t *testing.T, ip string) *site {
	t.Helper()
	to := s.http.Transport.(toAddress)
	transport := &http.Transport{DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}).DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	return &site{Machine: s.Machine, server: s.server, http: &http.Client{Transport: toAddress{transport, to.address}}}
}

const twoTokens = "{interface: ADDRESS, roles: [{role: read, token: " + readToken + "}, {role: configure, token: " + configureToken + "}]}"

// Wrong tokens make who sends them wait, and no one else. The right one is not
// looked at either, or a guess could be checked by it.
func TestWrongTokensAreSlowedDown(t *testing.T) {
	log, text := logger(slog.LevelInfo)
	s := serveTCP(t, twoTokens, api.Options{Logger: log})
	guesser, other := s.from(t, "127.0.0.2"), s.from(t, "127.0.0.3")
	const wrong = "wrong-token-wrong-token-wrong-token-wrong"
	var refused reply
	tried := 0
	for ; tried < 100; tried++ {
		refused = guesser.ask(t, "GET", "/v1/status", "", "Authorization: Bearer "+wrong, acceptJSON)
		if refused.StatusCode == 429 {
			break
		}
		if refused.StatusCode != 401 {
			t.Fatalf("%d %s", refused.StatusCode, refused.body)
		}
	}
	p := refused.problem(t)
	wait, err := strconv.Atoi(refused.Header.Get("Retry-After"))
	if p.Kind != wire.KindGuessing || !strings.Contains(p.Message, "127.0.0.2 has sent too many wrong tokens") || err != nil || wait < 1 || wait > 10 {
		t.Errorf("after %d guesses: %d %s, Retry-After %v", tried, refused.StatusCode, refused.body, refused.Header["Retry-After"])
	}
	if got := other.ask(t, "GET", "/v1/status", "", "Authorization: Bearer "+readToken); got.StatusCode != 200 {
		t.Errorf("another address: %d %s", got.StatusCode, got.body)
	}
	if got := guesser.ask(t, "GET", "/v1/status", ""); got.StatusCode != 401 {
		t.Errorf("without a token: %d %s", got.StatusCode, got.body)
	}
	for range 200 {
		guesser.ask(t, "GET", "/v1/status", "", "Authorization: Bearer "+wrong)
	}
	for _, line := range []string{`msg="wrong token" who=127.0.0.2:`, `msg="too many wrong tokens" who=127.0.0.2:`} {
		if !strings.Contains(text.String(), line) {
			t.Errorf("the log has no %s: %s", line, text)
		}
	}
	if n := strings.Count(text.String(), "wrong token"); n > 60 {
		t.Errorf("%d lines in the log", n)
	}
	if strings.Contains(text.String(), wrong) || strings.Contains(text.String(), readToken) {
		t.Errorf("a token is in the log: %s", text)
	}
}

// What a caller holds for long it holds a few times, and keeps no one else from it.
func TestStreamsAreBoundedForEachCaller(t *testing.T) {
	s := serveTCP(t, twoTokens, api.Options{Logs: func(ctx context.Context, _ units.LogQuery, _ func(units.LogLine)) error {
		<-ctx.Done()
		return nil
	}})
	greedy, other := s.from(t, "127.0.0.2"), s.from(t, "127.0.0.3")
	listen := func(by *site, path string) int {
		t.Helper()
		r, err := http.NewRequest("GET", "http://localhost"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+readToken)
		resp, err := by.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = resp.Body.Close() })
		if resp.StatusCode != 200 {
			text, _ := io.ReadAll(resp.Body)
			if !strings.Contains(string(text), "/management/roles/0 at 127.0.0.2 has ") {
				t.Errorf("%s", text)
			}
		} else if _, err := bufio.NewReader(resp.Body).ReadString('\n'); err != nil {
			t.Error(err)
		}
		return resp.StatusCode
	}
	for path, most := range map[string]int{"/v1/events": 16, "/v1/logs": 4} {
		for i := range most {
			if got := listen(greedy, path); got != 200 {
				t.Fatalf("%s, number %d: %d", path, i, got)
			}
		}
		if got := listen(greedy, path); got != 503 {
			t.Errorf("%s, one too many: %d", path, got)
		}
		if got := listen(other, path); got != 200 {
			t.Errorf("%s of another caller: %d", path, got)
		}
	}
}

// One address holds its share of the connections, however many it opens.
func TestOneAddressDoesNotKeepOthersOut(t *testing.T) {
	s := serveTCP(t, "{interface: ADDRESS}", api.Options{})
	at := s.http.Transport.(toAddress).address
	greedy := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP("127.0.0.2")}}
	for range 2 * door.DefaultMaxConnections {
		conn, err := greedy.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	if got := s.from(t, "127.0.0.3").ask(t, "GET", "/v1/config/workers", ""); got.StatusCode != 200 {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
}
