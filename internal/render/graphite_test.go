// SPDX-License-Identifier: Apache-2.0

package render

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGraphite(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"nothing said", "{}", nil},
		{"a server, and off", "monitoring: {graphite: {host: 192.0.2.1}}", nil},
		{"defaults", "monitoring: {graphite: {enable: true, host: 192.0.2.1}}", []string{
			"/usr/lib/kresd-manager/kres-graphite", "--host=192.0.2.1", "--port=2003", "--interval=5s", "--tcp=true",
			"--socket=/run/knot-resolver/kres-api.sock",
		}},
		{"everything", `
management: {unix-socket: /run/other.sock}
monitoring: {graphite: {enable: true, host: "2001:db8::1", port: 9, prefix: "--dns two", interval: 61500ms, tcp: false}}`, []string{
			"/usr/lib/kresd-manager/kres-graphite", "--host=2001:db8::1", "--port=9", "--interval=61s", "--tcp=false",
			"--socket=/run/other.sock", "--prefix=--dns two",
		}},
		{"other statistics", "monitoring: {metrics: manager-only, graphite: {enable: true, host: g.example}}", []string{
			"/usr/lib/kresd-manager/kres-graphite", "--host=g.example", "--port=2003", "--interval=5s", "--tcp=true",
			"--socket=/run/knot-resolver/kres-api.sock",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Graphite(parse(t, c.text), Host{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}
