// SPDX-License-Identifier: Apache-2.0

package oracle

// tagged is rules for two tags, and one for everyone.
const tagged = `
local-data:
  addresses: {host.example: 192.0.2.1}
  rules:
    - {name: red.example, address: 192.0.2.10, tags: [red]}
    - {name: blue.example, subtree: nxdomain, tags: [blue]}
    - {name: both.example, subtree: redirect, address: 192.0.2.11, tags: [red, blue]}
    - {name: all.example, address: 192.0.2.12}
`

// asClients asks the same from several addresses.
func asClients(queries []string, sources ...string) []string {
	var all []string
	for _, source := range sources {
		for _, q := range queries {
			all = append(all, q+" +src="+source)
		}
	}
	return all
}

var taggedNames = []string{"red.example A", "x.blue.example A", "x.both.example A", "all.example A"}

var viewCases = []testCase{
	{name: "a view that refuses", config: "views: [{subnets: [127.0.0.8/32], answer: refused}]",
		queries: []string{"host.example A", "host.example A +src=127.0.0.8", "host.example A +tcp +src=127.0.0.8"},
		want:    map[string]string{"host.example A +src=127.0.0.8": "REFUSED EDE 18 EIM4 EDNS 1232 RA RD"}},
	{name: "a view that keeps silent", config: "views: [{subnets: [127.0.0.8], answer: noanswer}]", queries: []string{"host.example A +silent +src=127.0.0.8", "host.example A"},
		want: map[string]string{"host.example A +silent +src=127.0.0.8": "no answer"}},
	{name: "a view that allows, inside one that refuses", config: "views: [{subnets: [127.0.0.0/8], answer: refused}, {subnets: [127.0.0.8/31], answer: allow}]",
		queries: asClients([]string{"host.example A"}, "127.0.0.1", "127.0.0.8", "127.0.0.9")},
	{name: "the order of overlapping views does not matter", config: "views: [{subnets: [127.0.0.8/31], answer: allow}, {subnets: [0.0.0.0/0], answer: refused}, {subnets: [127.0.0.8/32], answer: refused}]",
		queries: asClients([]string{"host.example A"}, "127.0.0.1", "127.0.0.8", "127.0.0.9")},
	{name: "the same subnet twice", config: "views: [{subnets: [127.0.0.8/32], answer: allow}, {subnets: [127.0.0.8/32], answer: refused}]",
		queries: asClients([]string{"host.example A"}, "127.0.0.8")},
	{name: "views of IPv6 clients", config: "network: {listen: [{interface: ['127.0.0.1', '::1']}]}\nviews: [{subnets: ['::/0', '2001:db8::/32'], answer: refused}]",
		queries: []string{"host.example A @::1", "host.example A @127.0.0.1"}},
	{name: "views of all clients of both families", config: "network: {listen: [{interface: ['127.0.0.1', '::1']}]}\nviews: [{subnets: [0.0.0.0/0, '::/0'], answer: refused}, {subnets: ['::1/128'], answer: allow}]",
		queries: []string{"host.example A @::1", "host.example A @127.0.0.1"}},
	{name: "a view for plain TCP", config: "views: [{subnets: [127.0.0.0/8], protocols: [tcp53], answer: refused}]", queries: []string{"host.example A", "host.example A +tcp"}},
	{name: "a view for each protocol", config: everyTransport + `
views:
  - {subnets: [127.0.0.8], protocols: [udp53], answer: refused}
  - {subnets: [127.0.0.9], protocols: [tcp53, udp53], answer: refused}
  - {subnets: [127.0.0.10], protocols: [dot], answer: refused}
  - {subnets: [127.0.0.11], protocols: [doh], answer: refused}
  - {subnets: [127.0.0.1], protocols: [doq], answer: refused}
  - {subnets: [127.0.0.12], protocols: [doq, doh, dot, udp53, tcp53], answer: refused}
`, queries: append(asClients([]string{"host.example A", "host.example A +tcp", "host.example A +tls"}, "127.0.0.8", "127.0.0.9", "127.0.0.10", "127.0.0.11", "127.0.0.12", "127.0.0.1"),
		"host.example A +https", "host.example A +http", "host.example A +quic")},
	{name: "the same protocol twice in a view", config: "views: [{subnets: [127.0.0.0/8], protocols: [tcp53, tcp53], answer: refused}]", queries: []string{"host.example A", "host.example A +tcp"},
		differs: map[string]string{"rules": "stock adds the bit of a repeated protocol twice, which is that of another one", "host.example A +tcp": "likewise"}},
	{name: "a view for one destination", config: "network: {listen: [{interface: [127.0.0.1, 127.0.0.9]}]}\nviews: [{subnets: [127.0.0.0/8], dst-subnet: 127.0.0.9/32, answer: refused}]",
		queries: []string{"host.example A @127.0.0.1", "host.example A @127.0.0.9"}},
	{name: "a view for one IPv6 destination", config: "network: {listen: [{interface: [127.0.0.1, '::1']}]}\nviews: [{subnets: ['::/0'], dst-subnet: '::/64', answer: refused}]",
		queries: []string{"host.example A @127.0.0.1", "host.example A @::1"}},
	{name: "a view of both families for one destination", config: "network: {listen: [{interface: [127.0.0.1, '::1']}]}\nviews: [{subnets: [127.0.0.0/8, '::1/128'], dst-subnet: 127.0.0.1/32, answer: refused}]",
		stockFails: "loader: kresd refuses a subnet of one family with a destination of the other, and stock does not split them",
		queries:    []string{"host.example A @127.0.0.1", "host.example A @::1"},
		want:       map[string]string{"host.example A @127.0.0.1": "REFUSED EDE 18 EIM4 EDNS 1232 RA RD", "host.example A @::1": "NOERROR EDNS 1232 RA RD host.example. 300 IN A 192.0.2.1"}},
	{name: "tags", config: tagged + "views: [{subnets: [127.0.0.8], tags: [red]}, {subnets: [127.0.0.9], tags: [blue]}, {subnets: [127.0.0.10], tags: [blue, red]}]\n" + forwarded,
		queries: asClients(taggedNames, "127.0.0.1", "127.0.0.8", "127.0.0.9", "127.0.0.10")},
	{name: "a view that allows takes tags away", config: tagged + "views: [{subnets: [127.0.0.0/8], tags: [red, blue]}, {subnets: [127.0.0.8], answer: allow}]\n" + forwarded,
		queries: asClients(taggedNames, "127.0.0.1", "127.0.0.8")},
	{name: "the same tag twice", config: tagged + "views: [{subnets: [127.0.0.8], tags: [red, red, blue]}]\n" + forwarded, queries: asClients(taggedNames, "127.0.0.8")},
	{name: "tags that are numbers", config: "local-data: {rules: [{name: a.example, address: 192.0.2.5, tags: [5, 0-0]}]}\nviews: [{subnets: [127.0.0.8], tags: [0-0, 5]}]\n" + forwarded,
		queries: asClients([]string{"a.example A"}, "127.0.0.1", "127.0.0.8")},
	{name: "views without minimisation", config: "views: [{subnets: [127.0.0.8], answer: allow, options: {minimize: false}}]\n" + delegated, queries: []string{"a.b.c.example A +src=127.0.0.8"}},
	{name: "views without DNS64", config: "dns64: {enable: true}\nviews: [{subnets: [127.0.0.8], answer: allow, options: {dns64: false}}]",
		queries: asClients([]string{"host.example AAAA"}, "127.0.0.1", "127.0.0.8")},
	{name: "views without fallback", config: "fallback: {enable: true, servers: [127.0.0.3@5300]}\nviews: [{subnets: [127.0.0.8], answer: allow, options: {fallback: false}}]\n" + forwarded,
		queries: []string{"x.mute.example A +src=127.0.0.8"}},
	{name: "views that cost nothing", config: "rate-limiting: {enable: true, rate-limit: 1, instant-limit: 1, slip: 1}\nviews: [{subnets: [127.0.0.8], answer: allow, options: {price-factor: 0}}]",
		queries: []string{"host.example A +times=6 +src=127.0.0.8"}},
	{name: "views that cost less and more", config: `
views:
  - {subnets: [127.0.0.8], answer: allow, options: {price-factor: 0.3333}}
  - {subnets: [127.0.0.9], answer: allow, options: {price-factor: 65535}}
  - {subnets: [127.0.0.10], answer: allow, options: {price-factor: 1.0}}
  - {subnets: [127.0.0.11], answer: allow, options: {price-factor: 0.00002}}
  - {subnets: [127.0.0.12], answer: allow, options: {price-factor: 7}}
`, queries: asClients([]string{"host.example A"}, "127.0.0.8", "127.0.0.9", "127.0.0.12")},
	{name: "price factors at the edge of rounding", config: `
views:
  - {subnets: [127.0.0.8], answer: allow, options: {price-factor: 0.000007629395}}
  - {subnets: [127.0.0.9], answer: allow, options: {price-factor: 0.00002288818359375}}
  - {subnets: [127.0.0.10], answer: allow, options: {price-factor: 1.00000762939453125}}
  - {subnets: [127.0.0.11], answer: allow, options: {price-factor: 1.00002288818359375}}
`},
	{name: "a price factor that rounds to nothing", config: "views: [{subnets: [127.0.0.8], answer: allow, options: {price-factor: 0.00000762939453125}}]", oursFails: "convert: stock exempts the clients"},
	{name: "everything in one view", config: tagged + `
dns64: {enable: true}
views:
  - subnets: [127.0.0.8/32, '::1/128', 10.0.0.0/8]
    protocols: [udp53]
    tags: [red, blue]
    options: {minimize: false, dns64: false, fallback: false, price-factor: 2.5}
` + forwarded, queries: asClients(append([]string{"host.example AAAA"}, taggedNames...), "127.0.0.8", "127.0.0.1")},
	{name: "options beside refusal", config: "views: [{subnets: [127.0.0.8], answer: refused, options: {minimize: false, price-factor: 0}}]", queries: asClients([]string{"host.example A"}, "127.0.0.8")},
	{name: "subnets with masks", config: "views: [{subnets: [127.0.0.8/255.255.255.254, 127.1.0.0/0.0.255.255], answer: refused}]",
		queries: asClients([]string{"host.example A"}, "127.0.0.1", "127.0.0.8", "127.0.0.9", "127.1.2.3")},
}
