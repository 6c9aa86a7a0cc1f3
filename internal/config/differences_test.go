// SPDX-License-Identifier: Apache-2.0

package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// difference is what shows a row of docs/differences.md.
type difference struct {
	good, refused, warned []string
}

// differences has each row of the section Configuration, by its subject.
var differences = map[string]difference{
	`reports`:                                   {refused: []string{`views: [{subnets: [10.0.0.0/33, 300.0.0.0/8], answer: allow}]`, `network: {foo: 1, do-ipv4: 5}`}},
	"an empty file, `[]` and `\"\"`":            {refused: []string{`~`, `[]`, `""`}},
	"keys with `_`":                             {refused: []string{`local_data: {}`, `network: {do_ipv4: 1, do-ipv4: false}`}},
	`an object in place of a list`:              {refused: []string{`views: [{subnets: {10.0.0.0/8: foo}, answer: allow}]`}},
	`a number as server`:                        {refused: []string{`forward: [{subtree: ., servers: [5]}]`}},
	`numbers`:                                   {refused: []string{`cache: {size-max: 99999999999999999999G}`, `workers: 99999999999999999999`}},
	`times that the daemons take for 0`:         {good: []string{`dns64: {reverse-ttl: 0s}`}, refused: []string{`local-data: {ttl: 999ms}`, `cache: {ns-timeout: 1us}`, `defer: {log-period: 1us}`, `cache: {prefetch: {prediction: {enable: true, window: 59s}}}`, `cache: {garbage-collector: {interval: 999us}}`}},
	`international names`:                       {good: []string{`local-data: {addresses: {příklad.cz: 192.0.2.1}}`}},
	`names in answers for reverse names`:        {good: []string{`local-data: {addresses: {UPPER.example: 192.0.2.1}}`}},
	"a protocol twice in `protocols` of a view": {good: []string{`views: [{subnets: [192.0.2.1], protocols: [tcp53, tcp53], answer: allow}]`}},
	"`prediction/window` of less than a minute": {good: []string{`cache: {prefetch: {prediction: {window: 59s}}}`}, refused: []string{`cache: {prefetch: {prediction: {enable: true, window: 59s}}}`}},
	"`tls` without anything encrypted in `listen`, `quic` without `doq`": {good: []string{`network: {tls: {padding: 5}, quic: {max-conns: 5}}`}},
	`names with backslashes or control characters`:                       {refused: []string{`local-data: {addresses: {"a\\.b": 192.0.2.1}}`}},
	"spellings of one name in `local-data/addresses`":                    {good: []string{`local-data: {addresses: {a.b: 192.0.2.1, A.b.: 192.0.2.2}}`}},
	`paths with control characters, sockets longer than 107 bytes`:       {refused: []string{`rundir: "a\nb"`, `management: {unix-socket: /xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx}`}},
	`networks with a zone`:                                  {refused: []string{`views: [{subnets: ["fe80::%eth0/64"], answer: allow}]`}},
	"the same address, port and protocol in `listen` twice": {good: []string{`network: {listen: [{interface: lo, kind: dot}, {interface: lo, kind: doq}]}`}, refused: []string{`network: {listen: [{interface: lo}, {interface: lo}]}`}},
	"`unix-socket` in `listen`":                             {refused: []string{`network: {listen: [{unix-socket: /s}]}`, `network: {listen: [{unix-socket: /s, kind: doh-legacy}]}`}},
	"`edns-buffer-size` outside 512 to 65535 bytes":         {refused: []string{`network: {edns-buffer-size: {upstream: 64K}}`}},
	"`address-renumbering` from one family to the other":    {refused: []string{`network: {address-renumbering: [{source: 192.0.2.0/24, destination: "::1"}]}`}},
	"`proxy-protocol` without `allow`":                      {refused: []string{`network: {proxy-protocol: {enable: true}}`}},
	"`watchdog`": {good: []string{`network: {tls: {watchdog: true, cert-file: c, key-file: k}}
local-data: {rpz: [{file: z, watchdog: true}]}`}},
	`view tags that no rule has`:                                      {warned: []string{`views: [{subnets: [0.0.0.0/0], tags: [a, b]}]`, `views: [{subnets: [0.0.0.0/0], tags: [a]}]`}},
	"tags of `rpz` that no view has":                                  {refused: []string{`local-data: {rpz: [{file: z}, {file: z, tags: [x]}]}`}},
	`more than 64 tags`:                                               {refused: []string{`views: [{subnets: [0.0.0.0/0], tags: [t0, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10, t11, t12, t13, t14, t15, t16, t17, t18, t19, t20, t21, t22, t23, t24, t25, t26, t27, t28, t29, t30, t31, t32, t33, t34, t35, t36, t37, t38, t39, t40, t41, t42, t43, t44, t45, t46, t47, t48, t49, t50, t51, t52, t53, t54, t55, t56, t57, t58, t59, t60, t61, t62, t63, t64]}]`}},
	"`dst-subnet` beside subnets of both families":                    {good: []string{`views: [{subnets: [192.0.2.0/24, "2001:db8::/32"], dst-subnet: 198.51.100.0/24, answer: allow}]`}},
	"`dst-subnet` that no subnet can reach":                           {refused: []string{`views: [{subnets: [192.0.2.0/24], dst-subnet: "2001:db8::/32", answer: allow}]`}},
	"`price-factor` that is not a number, or counts as 0":             {good: []string{`views: [{subnets: [192.0.2.1], answer: allow, options: {price-factor: 0}}]`}, refused: []string{`views: [{subnets: [192.0.2.1], answer: allow, options: {price-factor: .nan}}]`, `views: [{subnets: [192.0.2.1], answer: allow, options: {price-factor: 0.000001}}]`}},
	`TLS forwarding without authentication`:                           {refused: []string{`forward: [{subtree: ., servers: [{address: 192.0.2.1, transport: tls}]}]`, `fallback: {servers: [{address: 192.0.2.1, transport: tls}]}`}},
	`authentication of a server without TLS`:                          {warned: []string{`forward: [{subtree: ., servers: [{address: 192.0.2.1, hostname: h}]}]`}},
	"`authoritative` with other ports or TLS":                         {refused: []string{`forward: [{subtree: a, servers: [192.0.2.1@53, 192.0.2.2@5353], options: {authoritative: true}}]`, `forward: [{subtree: a, servers: [{address: 192.0.2.1}, {address: 192.0.2.2, transport: tls, hostname: h}], options: {authoritative: true}}]`}},
	`a subtree forwarded twice`:                                       {warned: []string{`forward: [{subtree: a, servers: [192.0.2.1]}, {subtree: A., servers: [192.0.2.1]}]`}},
	"a cache too small to be opened, `ttl-max` and `ns-timeout` of 0": {refused: []string{`cache: {size-max: 8K}`, `cache: {ttl-min: 0s, ttl-max: 0s}`, `cache: {ns-timeout: 0s}`}},
	"`prefill` without HTTPS, or more often than hourly":              {refused: []string{`cache: {prefill: [{origin: ., url: "http://www.example/"}]}`, `cache: {prefill: [{origin: ., url: "https://www.example/", refresh-interval: 59m}]}`}},
	`invalid trust anchors, negative ones where a positive one is`:    {refused: []string{`dnssec: {trust-anchors: [foo]}`, `dnssec: {negative-trust-anchors: [.]}`}},
	"`logging/level` `crit` and `err`":                                {good: []string{`logging: {level: crit}`}},
	"`graphite/host` with a port":                                     {refused: []string{`monitoring: {graphite: {host: 192.0.2.1@5}}`}},
	"`graphite/tcp`":                                                  {good: []string{`monitoring: {graphite: {tcp: true}}`}},
	"`version` other than 1":                                          {warned: []string{`version: 7`}},
	// TestFilesThatClash
	`several files`: {},
	`TOML`: {good: []string{`[cache]
size-max = "1G"
`}},
	"`systemd`, `components`, and `idle-exit`, `allow-origins`, `pprof` and `roles` of `management`": {good: []string{`systemd: {slice: dns.slice}
components: {a: {command: [/bin/true]}}
management: {unix-socket: /run/knot-resolver/s, idle-exit: 5m, allow-origins: ["https://a.example"], pprof: true, roles: [{role: read, users: [a]}]}`}},
}

func TestDifferences(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "differences.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "## Configuration\n")
	section, _, _ = strings.Cut(section, "\n## ")
	rows := 0
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| ---") || strings.HasPrefix(line, "| subject") {
			continue
		}
		rows++
		subject, _, _ := strings.Cut(line[2:], " | ")
		d, known := differences[subject]
		if !known {
			t.Errorf("no document shows the row %s", subject)
			continue
		}
		t.Run(subject, func(t *testing.T) { d.check(t) })
	}
	if rows != len(differences) {
		t.Errorf("%d rows, %d differences", rows, len(differences))
	}
}

func (d difference) check(t *testing.T) {
	for kind, texts := range map[string][]string{"good": d.good, "refused": d.refused, "warned": d.warned} {
		for _, text := range texts {
			doc, err := Parse("c", []byte(text))
			if err != nil {
				if kind != "refused" {
					t.Errorf("%s: %v", text, err)
				}
				continue
			}
			c, problems := doc.Check(testHost)
			warned := len(problems) > 0
			if (c == nil) != (kind == "refused") || warned != (kind != "good") {
				t.Errorf("%s: is to be %s, and got %v", text, kind, problems)
			}
		}
	}
}
