// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// manyNames is a configuration of n local names in each format.
func manyNames(format string, n int) []byte {
	var b strings.Builder
	line := map[string]string{
		"yaml": "    host%d.example.com: 10.%d.%d.%d\n",
		"json": "\"host%d.example.com\": \"10.%d.%d.%d\",\n",
		"toml": "\"host%d.example.com\" = \"10.%d.%d.%d\"\n",
	}[format]
	b.WriteString(map[string]string{
		"yaml": "workers: 2\nlocal-data:\n  addresses:\n",
		"json": "{\"workers\": 2, \"local-data\": {\"addresses\": {\n",
		"toml": "workers = 2\n[local-data.addresses]\n",
	}[format])
	for i := range n {
		fmt.Fprintf(&b, line, i, i>>16, i>>8&255, i&255)
	}
	if format == "json" {
		b.WriteString("\"last.example\": \"::1\"}}}\n")
	}
	return []byte(b.String())
}

// Reading and checking takes no more than so many times the size of the text, all garbage
// counted: for a text in YAML, which stays text, less than the members of its tree would.
func TestManyNamesTakeLittleMemory(t *testing.T) {
	for format, most := range map[string]float64{"yaml": 3, "json": 6, "toml": 9} {
		src := manyNames(format, 100_000)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d := mustParse(t, string(src))
		c, err := d.Config(testHost)
		runtime.ReadMemStats(&after)
		if err != nil || c.LocalData.Addresses.Len() < 100_000 {
			t.Fatalf("%s: %v", format, err)
		}
		if times := float64(after.TotalAlloc-before.TotalAlloc) / float64(len(src)); times > most {
			t.Errorf("%s: %.1f times the size of the text", format, times)
		}
	}
}

func BenchmarkManyNames(b *testing.B) {
	for _, format := range []string{"yaml", "json", "toml"} {
		src := manyNames(format, 100_000)
		b.Run(format, func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				d, err := Parse("config", src)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := d.Config(testHost); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkMillionNames is to be ten times BenchmarkManyNames.
func BenchmarkMillionNames(b *testing.B) {
	src := manyNames("yaml", 1_000_000)
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		d, err := Parse("config", src)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := d.Config(testHost); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkManyForwards is what no fast path is made for.
func BenchmarkManyForwards(b *testing.B) {
	src := []byte("forward:\n" + entries(10_000, "  - subtree: zone%.example\n    servers: [192.0.2.1, 192.0.2.2@5353]\n    options: {dnssec: false}"))
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		d, err := Parse("config", src)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := d.Config(testHost); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSmall(b *testing.B) {
	src := []byte(`# Twenty lines of different parts.
workers: 2
rundir: /run/knot-resolver
network:
  listen:
    - interface: [lo, 192.0.2.1]
    - {interface: lo, kind: dot}
  tls: {padding: true}
views:
  - subnets: [192.0.2.0/24, 198.51.100.0/24]
    tags: [a]
local-data:
  ttl: 1h
  rules:
    - {name: x.example, address: 192.0.2.1, tags: [a]}
cache: {size-max: 1G, ttl-max: 2d}
forward:
  - {subtree: ., servers: [192.0.2.1]}
logging: {level: info, groups: [tls]}
rate-limiting: {rate-limit: 100}
`)
	b.ReportAllocs()
	for b.Loop() {
		d, err := Parse("config", src)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := d.Config(testHost); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEditManyNames is one name added to many, as over the API.
func BenchmarkEditManyNames(b *testing.B) {
	d, err := Parse("config", manyNames("json", 100_000))
	if err != nil {
		b.Fatal(err)
	}
	address, err := Parse("body", []byte(`"192.0.2.1"`))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Put("/local-data/addresses/new.example", address); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkETagManyNames(b *testing.B) {
	d, err := Parse("config", manyNames("json", 100_000))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		d.hash()
	}
}

// testHost is the machine that tests validate for.
var testHost = Host{CPUs: 2, Hostname: "resolver.example", BaseDir: "/etc/knot-resolver"}
