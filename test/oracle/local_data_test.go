// SPDX-License-Identifier: Apache-2.0

package oracle

// hosts is a file as /etc/hosts.
const hosts = `# names of the house
192.0.2.20 files.example alias.example   another.example # and a comment
192.0.2.21	second.example
2001:db8::20 files.example

2001:db8::21 UPPER.Example
`

// odd is records with what could go wrong between a document and kresd.
const odd = `
local-data:
  records: |
    $TTL 77
    txt.example. TXT "it's ]] and [[ here" "back\\slash" "quo\"te" "semi;colon" "\195\169" ]=] '
    a.example. 30 A 192.0.2.1
    a.example. 60 A 192.0.2.2
    alias.example. CNAME a.example.
    *.wild.example. A 192.0.2.3
    *.wildalias.example. CNAME a.example.
    mx.example. 5 MX 10 a.example.
    below.dname.example. A 192.0.2.4
    dname.example. DNAME a.example.
    zone.example. SOA ns.example. root.example. 1 2 3 4 5
    zone.example. NS ns.example.
    srv.example. SRV 1 2 3 a.example.
    https.example. HTTPS 1 . alpn=h2
    UPPER.example. A 192.0.2.5
    tab.example.	A	192.0.2.6 ; a comment
    many.example. ( 9 A
       192.0.2.7 )
    type.example. TYPE65280 \# 4 01020304
`

var localDataCases = []testCase{
	{name: "addresses", config: "local-data: {addresses: {a.example: 192.0.2.1, b.example: ['2001:db8::1', 192.0.2.2], c.example: [192.0.2.3, 192.0.2.4, 192.0.2.5], d.example: '2001:DB8:0::0:9'}}",
		queries: []string{"a.example A", "a.example AAAA", "b.example A", "b.example AAAA", "b.example TXT", "c.example A", "C.Example A", "d.example AAAA", "x.a.example A", "3.2.0.192.in-addr.arpa PTR", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR"}[:8]},
	{name: "reverse names of addresses", config: "local-data: {addresses: {a.example: 192.0.2.1, b.example: [192.0.2.1, '2001:db8::1']}}",
		queries: []string{"1.2.0.192.in-addr.arpa PTR", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR"}},
	{name: "names that differ only in case and the last dot", config: "local-data: {addresses: {a.example: 192.0.2.1, A.Example: 192.0.2.2, a.example.: 192.0.2.3}}",
		queries: []string{"a.example A", "A.EXAMPLE A"},
		differs: map[string]string{"rules": "the reverse name leads to the normal form of the name, which is in lower case"}},
	{name: "a lifetime of addresses", config: "local-data: {ttl: 90s, addresses: {a.example: 192.0.2.1}, records: 'b.example. TXT b', rules: [{name: c.example, address: 192.0.2.3}, {name: d.example, address: 192.0.2.4, ttl: 1d}]}",
		queries: []string{"a.example A", "1.2.0.192.in-addr.arpa PTR", "b.example TXT", "c.example A", "d.example A"}},
	{name: "lifetimes that are not whole seconds", config: "local-data: {ttl: 2999ms, addresses: {a.example: 192.0.2.1}, rules: [{name: b.example, address: 192.0.2.2, ttl: 1500ms}]}",
		queries: []string{"a.example A", "b.example A"}},
	{name: "a lifetime of nothing", config: "local-data: {rules: [{name: a.example, address: 192.0.2.3, ttl: 0s}]}", queries: []string{"a.example A"}},
	{name: "a lifetime of less than a second", config: "local-data: {rules: [{name: a.example, address: 192.0.2.3, ttl: 10us}]}", queries: []string{"a.example A"}, oursFails: "convert: stock writes 0; who means that may write 0s"},
	{name: "other types are asked for", config: "local-data: {nodata: false, addresses: {a.example: 192.0.2.1}, records: 'r.example. A 192.0.2.2', rules: [{name: b.example, address: '2001:db8::1'}, {name: c.example, address: 192.0.2.3, nodata: true}]}\n" + forwarded,
		queries: []string{"a.example A", "a.example TXT", "r.example TXT", "b.example A", "b.example AAAA", "c.example TXT"}},
	{name: "other types are not asked for", config: "local-data: {nodata: true, addresses: {a.example: 192.0.2.1}, rules: [{name: b.example, address: 192.0.2.2, nodata: false}]}\n" + forwarded,
		queries: []string{"a.example TXT", "b.example TXT", "b.example A"}},
	{name: "files with addresses", config: "local-data: {addresses-files: [hosts, DIR/more], ttl: 1h}", files: map[string]string{"hosts": hosts, "more": "192.0.2.30 more.example\n"},
		queries: []string{"files.example A", "files.example AAAA", "alias.example A", "another.example A", "second.example A", "upper.example AAAA", "20.2.0.192.in-addr.arpa PTR", "more.example A"}},
	{name: "files with addresses that leave other types alone", config: "local-data: {addresses-files: [hosts], nodata: false}\n" + forwarded, files: map[string]string{"hosts": hosts},
		queries: []string{"files.example A", "files.example TXT", "second.example AAAA"}},
	{name: "a file whose name has odd characters", config: `local-data: {addresses-files: ["it is, 'a' \\ file"]}`, files: map[string]string{`it is, 'a' \ file`: hosts},
		stockFails: "loader: stock does not quote paths", queries: []string{"second.example A"}, want: map[string]string{"second.example A": "NOERROR EDNS 1232 RA RD second.example. 300 IN A 192.0.2.21"}},
	{name: "records", config: odd + forwarded, queries: []string{
		"a.example A", "alias.example A", "x.wild.example A", "*.wild.example A", "x.wildalias.example A", "mx.example MX", "x.dname.example A",
		"zone.example SOA", "zone.example NS", "srv.example SRV", "https.example HTTPS", "upper.example A", "tab.example A", "many.example A",
	}},
	{name: "records with odd characters", config: odd, queries: []string{"txt.example TXT"}},
	{name: "records of one line", config: "local-data: {records: 'a.example. TXT \"x\"'}", queries: []string{"a.example TXT"}},
	{name: "records that end in a comment", config: "local-data: {records: 'a.example. A 192.0.2.1 ; end'}", queries: []string{"a.example A"}},
	{name: "records with carriage returns", config: `local-data: {records: "a.example. A 192.0.2.1\r\nb.example. A 192.0.2.2\r\n"}`, queries: []string{"a.example A", "b.example A"}},
	{name: "records with line ends of all kinds", config: `local-data: {records: "a.example. A 192.0.2.1\rb.example. A 192.0.2.2\n\r\nc.example. A 192.0.2.3\n\r", rules: [{records: "\r\nd.example. (\r\n A 192.0.2.4 )\r"}]}`,
		queries: []string{"a.example A", "b.example A", "c.example A", "d.example A"}, want: map[string]string{"d.example A": "NOERROR EDNS 1232 RA RD d.example. 300 IN A 192.0.2.4"}},
	{name: "records that start with an empty line", config: `local-data: {records: "\n\na.example. A 192.0.2.1\n"}`, queries: []string{"a.example A"}},
	{name: "empty records", config: "local-data: {records: '', addresses: {a.example: 192.0.2.1}}", queries: []string{"a.example A"}},
	{name: "an international name", config: "local-data: {addresses: {příklad.example: 192.0.2.1}}\n" + forwarded, queries: []string{"xn--pklad-zsa96e.example A"},
		want: map[string]string{"xn--pklad-zsa96e.example A": "NOERROR EDNS 1232 RA RD xn--pklad-zsa96e.example. 300 IN A 192.0.2.1"},
		differs: map[string]string{
			"rules": "international names become A-labels", "upstream": "stock's rule does not match, so it asks", "xn--pklad-zsa96e.example A": "international names become A-labels",
		}},
	{name: "a name with an apostrophe", config: `local-data: {addresses: {"it's.example": 192.0.2.1}}`, stockFails: "loader: stock does not quote names",
		queries: []string{"it's.example A"}, want: map[string]string{"it's.example A": "NOERROR EDNS 1232 RA RD it\\'s.example. 300 IN A 192.0.2.1"}},
	{name: "names with underscores and asterisks", config: "local-data: {addresses: {_dmarc.a_b.example: 192.0.2.1, '*.star.example': 192.0.2.2}}", queries: []string{"_dmarc.a_b.example A", "*.star.example A"}},
	{name: "a name whose wildcard is not expanded", config: "local-data: {addresses: {'*.star.example': 192.0.2.2}}\n" + forwarded, queries: []string{"x.star.example A"}},
	{name: "the root and top-level names", config: "local-data: {addresses: {top: 192.0.2.1}, rules: [{name: other, subtree: nxdomain}]}", queries: []string{"top A", "x.other A"}},
	{name: "names that kresd has rules for", config: "local-data: {addresses: {localhost: 192.0.2.1, x.test: 192.0.2.2, 5.0.0.10.in-addr.arpa: 192.0.2.3}}",
		queries: []string{"localhost A", "x.test A", "y.test A", "5.0.0.10.in-addr.arpa A", "1.0.0.10.in-addr.arpa PTR"}},
	{name: "nothing local", config: "local-data: {addresses: {}}", queries: []string{"localhost A"}},
}
