// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

func TestOverHTTPS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		m := new(dns.Msg)
		if err := m.Unpack(text); err != nil || r.ProtoMajor != 2 || r.URL.Path != "/dns-query" || r.Method != http.MethodPost ||
			r.Header.Get("Content-Type") != "application/dns-message" || m.Id != 0 {
			t.Errorf("asked: %v %s %s %v, %v", r.Proto, r.Method, r.URL, r.Header, err)
		}
		answer := new(dns.Msg).SetReply(m)
		switch m.Question[0].Name {
		case "page.example.":
			_, _ = io.WriteString(w, "<html>")
			return
		case "away.example.":
			http.NotFound(w, r)
			return
		case "broken.example.":
			w.Header().Set("Content-Type", "application/dns-message")
			_, _ = w.Write([]byte{1})
			return
		case "slow.example.":
			<-r.Context().Done()
			return
		}
		rr, _ := dns.NewRR(m.Question[0].Name + " 60 IN A 192.0.2.7")
		answer.Answer = []dns.RR{rr}
		text, _ = answer.Pack()
		w.Header().Set("Content-Type", "application/dns-message")
		_, _ = w.Write(text)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	q := Question{Type: "A", Protocol: "https", Timeout: 10 * time.Second, Server: netip.MustParseAddrPort(server.Listener.Addr().String())}
	for name, want := range map[string]string{
		"www.example":    "www.example. 60 IN A 192.0.2.7",
		"page.example":   " does not answer over HTTPS: the answer cannot be read: it is no DNS message, but \"text/",
		"away.example":   " does not answer over HTTPS: the answer cannot be read: HTTP status 404 at /dns-query",
		"broken.example": " does not answer over HTTPS: the answer cannot be read: ",
		"slow.example":   " does not answer over HTTPS: no answer came in time",
	} {
		q.Name, q.Timeout = name, 10*time.Second
		if name == "slow.example" {
			q.Timeout = 200 * time.Millisecond
		}
		a, err := Ask(t.Context(), q)
		got := strings.Join(a.Answer, "\n")
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) || err == nil && (a.Protocol != "https" || a.RCode != "NOERROR") {
			t.Errorf("%s: %s (%+v), want %s", name, got, a, want)
		}
	}
	server.Close()
	q.Name = "www.example"
	if _, err := Ask(t.Context(), q); err == nil || !strings.HasSuffix(err.Error(), "does not answer over HTTPS: connection refused") {
		t.Errorf("no one is there: %v", err)
	}
}
