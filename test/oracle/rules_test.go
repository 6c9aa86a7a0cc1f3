// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"fmt"
	"strings"
)

// zone is a response policy zone with all that kresd understands.
const zone = `$ORIGIN rpz.
$TTL 55
@ SOA . . 1 1 1 1 1
blocked.example CNAME .
*.stars.example CNAME .
empty.example CNAME *.
*.emptystars.example CNAME *.
moved.example CNAME host.example.
*.movedstars.example CNAME host.example.
data.example A 192.0.2.50
data.example TXT "data"
*.datastars.example A 192.0.2.51
ttl.example 11 A 192.0.2.52
passed.example CNAME rpz-passthru.
dropped.example CNAME rpz-drop.
UPPER.example CNAME .
32.1.2.0.192.rpz-ip CNAME .
`

var zoneNames = []string{
	"blocked.example A", "x.blocked.example A", "x.stars.example A", "stars.example TXT", "empty.example A", "x.emptystars.example A", "moved.example A", "x.movedstars.example A",
	"data.example A", "data.example TXT", "data.example AAAA", "x.datastars.example A", "ttl.example A", "passed.example A", "dropped.example A", "upper.example A", "host.example A",
}

const local = "local-data:\n  addresses: {host.example: 192.0.2.1}\n"

var ruleCases = []testCase{
	{name: "a rule with an address", config: "local-data: {rules: [{name: a.example, address: 192.0.2.1}]}", queries: []string{"a.example A", "a.example TXT", "1.2.0.192.in-addr.arpa PTR"}},
	{name: "rules with many names and addresses", config: "local-data: {rules: [{name: [a.example, b.example.], address: [192.0.2.1, '2001:db8::1', 192.0.2.2], ttl: 5s}, {name: a.example, address: 192.0.2.3}]}",
		queries: []string{"a.example A", "b.example A", "b.example AAAA", "2.2.0.192.in-addr.arpa PTR"}},
	{name: "empty subtrees", config: "local-data: {rules: [{name: a.example, subtree: empty}, {name: b.example, subtree: empty, address: [192.0.2.1, '2001:db8::1'], ttl: 7s}, {name: c.example, subtree: empty, ttl: 9s, nodata: false}]}",
		queries: []string{"a.example A", "a.example SOA", "x.a.example A", "b.example A", "b.example AAAA", "x.b.example A", "c.example SOA"}},
	{name: "subtrees that do not exist", config: "local-data: {rules: [{name: [a.example, b.example], subtree: nxdomain, ttl: 8s}, {name: deep.b.example, address: 192.0.2.1}]}",
		queries: []string{"a.example A", "x.y.a.example A", "b.example A", "deep.b.example A"}},
	{name: "subtrees that are redirected", config: "local-data: {rules: [{name: a.example, subtree: redirect, address: [192.0.2.1, '2001:db8::1']}, {name: b.example, subtree: redirect}, {name: c.example, subtree: redirect, address: 192.0.2.2, ttl: 6s, nodata: false}]}\n" + forwarded,
		queries: []string{"a.example A", "x.a.example A", "x.a.example AAAA", "x.a.example TXT", "b.example A", "x.b.example A", "x.c.example A", "x.c.example TXT"}},
	{name: "international names in rules", config: "local-data: {rules: [{name: [bücher.example, 'straße.example'], subtree: nxdomain}]}\n" + forwarded, queries: []string{"x.xn--bcher-kva.example A", "x.xn--strae-oqa.example A"},
		want: map[string]string{"x.xn--bcher-kva.example A": "NXDOMAIN EDNS 1232 RA RD authority:xn--bcher-kva.example. 300 IN SOA localhost. nobody.invalid. 1 3600 1200 604800 10800"},
		differs: map[string]string{
			"rules": "international names become A-labels", "x.xn--bcher-kva.example A": "international names become A-labels",
			"x.xn--strae-oqa.example A": "likewise, by IDNA 2008", "upstream": "stock's rules do not match, so it asks",
		}},
	{name: "rules that come from files", config: "local-data: {rules: [{file: hosts, ttl: 12s}, {file: [more, hosts], nodata: false}]}", files: map[string]string{"hosts": hosts, "more": "192.0.2.30 more.example\n"},
		queries: []string{"files.example A", "alias.example A", "more.example A"}},
	{name: "rules with records", config: "local-data: {rules: [{records: \"a.example. A 192.0.2.1\\n*.a.example. A 192.0.2.2\\nb.example. 9 CNAME a.example.\", ttl: 13s}, {records: 'c.example. TXT \"c\"', nodata: false}]}\n" + forwarded,
		queries: []string{"a.example A", "b.example A", "c.example TXT", "c.example A", "a.example TXT"}},
	{name: "rules of every shape with tags", files: map[string]string{"hosts": hosts}, config: `
views: [{subnets: [127.0.0.8], tags: [t]}, {subnets: [127.0.0.9], tags: [u]}]
local-data:
  ttl: 20s
  nodata: false
  rules:
    - {name: a.example, address: 192.0.2.1, tags: [t]}
    - {name: a.example, address: 192.0.2.2, tags: [u], nodata: true, ttl: 1s}
    - {name: b.example, subtree: nxdomain, tags: [t, u]}
    - {name: c.example, subtree: redirect, address: 192.0.2.3, tags: [u]}
    - {file: hosts, tags: [t], ttl: 3s}
    - {records: 'd.example. TXT "d"', tags: [t], nodata: true}
` + forwarded, queries: asClients([]string{"a.example A", "a.example TXT", "b.example A", "x.c.example A", "second.example A", "d.example TXT", "d.example A"}, "127.0.0.1", "127.0.0.8", "127.0.0.9")},
	{name: "rules of the same name with and without tags", config: `
views: [{subnets: [127.0.0.8], tags: [t]}]
local-data:
  addresses: {a.example: 192.0.2.1}
  rules:
    - {name: a.example, address: 192.0.2.2, tags: [t]}
    - {name: a.example, subtree: nxdomain, tags: [t]}
`, queries: asClients([]string{"a.example A", "x.a.example A"}, "127.0.0.8")[:1]},
	{name: "as many tags as kresd has room for", config: manyTags(64), queries: []string{"n0.example A", "n63.example A"}},
	{name: "a response policy zone", config: local + "  rpz: [{file: zone}]\n" + forwarded, files: map[string]string{"zone": zone}, queries: zoneNames},
	{name: "a response policy zone with a lifetime and other types", config: local + "  ttl: 33s\n  nodata: false\n  rpz: [{file: DIR/zone}]\n" + forwarded, files: map[string]string{"zone": zone}, queries: zoneNames},
	{name: "a response policy zone with messages", config: local + "  rpz: [{file: zone, log: [ip, name]}]\n" + forwarded, files: map[string]string{"zone": zone}, queries: zoneNames[:4]},
	{name: "a response policy zone with the client in messages", config: local + "  rpz: [{file: zone, log: [ip]}]\n" + forwarded, files: map[string]string{"zone": zone}, queries: zoneNames[:4]},
	{name: "a response policy zone with the name in messages", config: local + "  rpz: [{file: zone, log: [name]}]\n" + forwarded, files: map[string]string{"zone": zone}, queries: zoneNames[:4]},
	{name: "response policy zones with tags", config: local + "  rpz: [{file: zone, tags: [t], log: [name]}, {file: other, tags: [u]}, {file: third}]\nviews: [{subnets: [127.0.0.8], tags: [t]}, {subnets: [127.0.0.9], tags: [t, u]}]\n" + forwarded,
		files:   map[string]string{"zone": zone, "other": "$ORIGIN o.\n@ 60 SOA . . 1 1 1 1 1\nother.example CNAME .\nblocked.example A 192.0.2.60\n", "third": "third.example 60 CNAME .\n"},
		queries: asClients([]string{"blocked.example A", "other.example A", "third.example A"}, "127.0.0.1", "127.0.0.8", "127.0.0.9")},
	{name: "rules beside a response policy zone", config: local + "  rules: [{name: blocked.example, address: 192.0.2.70}, {records: 'data.example. A 192.0.2.71'}]\n  rpz: [{file: zone}]\n", files: map[string]string{"zone": zone},
		queries: []string{"blocked.example A", "data.example A"}},
	{name: "hosts, records and addresses of one name", config: "local-data: {addresses: {files.example: 192.0.2.80}, addresses-files: [hosts], records: 'files.example. 5 A 192.0.2.81', rules: [{name: files.example, address: 192.0.2.82}]}",
		files: map[string]string{"hosts": hosts}, queries: []string{"files.example A", "files.example AAAA"}},
}

// manyTags is a configuration with n tags.
func manyTags(n int) string {
	var tags, rules []string
	for i := range n {
		tags = append(tags, fmt.Sprintf("t%d", i))
		rules = append(rules, fmt.Sprintf("{name: n%d.example, address: 192.0.2.%d, tags: [t%d]}", i, i+1, i))
	}
	return "views: [{subnets: [127.0.0.0/8], tags: [" + strings.Join(tags, ", ") + "]}]\nlocal-data: {rules: [" + strings.Join(rules, ", ") + "]}\n"
}
