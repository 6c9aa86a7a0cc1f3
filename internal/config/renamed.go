// SPDX-License-Identifier: Apache-2.0

package config

// renamedWords are words of enums in earlier versions, and what they are now.
var renamedWords = map[string]string{"from-env": "from-arg"}

// renamedKeys are keys of earlier versions and what they are called now; ""
// is a key without successor.
var renamedKeys = map[string]string{
	"/dnssec/refresh-time":                      "",
	"/dnssec/hold-down-time":                    "",
	"/dnssec/time-skew-detection":               "",
	"/dnssec/keep-removed":                      "",
	"/local-data/root-fallback-addresses":       "",
	"/local-data/root-fallback-addresses-files": "",
	"/logging/debugging":                        "",
	"/max-workers":                              "",
	"/webmgmt":                                  "",
	"/network/tls/auto-discovery":               "",
	"/defer/enabled":                            "/defer/enable",
	"/dns64/rev-ttl":                            "/dns64/reverse-ttl",
	"/dnssec/trust-anchor-sentinel":             "/dnssec/sentinel",
	"/dnssec/trust-anchor-signal-query":         "/dnssec/signal-query",
	"/logging/dnssec-bogus":                     "/dnssec/log-bogus",
	"/monitoring/enabled":                       "/monitoring/metrics",
	"/network/tls/files-watchdog":               "/network/tls/watchdog",
	"/options/edns-tcp-keepalive":               "/network/edns-tcp-keepalive",
	"/dns64/exclude":                            "/dns64/exclude-subnets",
	"/dns64/rev_ttl":                            "/dns64/reverse-ttl",
	"/cache/prediction":                         "/cache/prefetch/prediction",
}
