// SPDX-License-Identifier: Apache-2.0

package oracle

// validated resolves signed.example with the server of the test. Nothing else
// is asked for.
func validated(more string) string {
	return "dnssec: {signal-query: false, " + more + "}\nforward: [{subtree: signed.example, servers: [127.0.0.2@5300]}]\n"
}

var signedNames = []string{"x.signed.example A", "x.signed.example A +do", "x.signed.example TXT +cd"}

var dnssecCases = []testCase{
	{name: "the built-in trust anchor", config: "dnssec: {enable: true}", queries: []string{"host.example A +do"}},
	{name: "no validation", config: "dnssec: {enable: false}", want: map[string]string{"trust anchors": "{}"}},
	{name: "no validation, whatever else is said", config: "dnssec: {enable: false, log-bogus: true, sentinel: false, signal-query: false, trust-anchors: ['TRUST_ANCHOR'], negative-trust-anchors: [bad.example]}",
		want: map[string]string{"negative trust anchors": "{}"}},
	{name: "bogus answers are logged", config: "dnssec: {log-bogus: true}"},
	{name: "no sentinel", config: "dnssec: {sentinel: false}"},
	{name: "no signals to the root", config: "dnssec: {signal-query: false}"},
	{name: "neither sentinel nor signals", config: "dnssec: {sentinel: false, signal-query: false, log-bogus: true}"},
	{name: "a trust anchor", config: validated("trust-anchors: ['TRUST_ANCHOR']"), queries: signedNames,
		want: map[string]string{"x.signed.example A": "NOERROR EDNS 1232 RA RD x.signed.example. 3600 IN A 192.0.2.99"}},
	{name: "a trust anchor that does not fit", config: validated("trust-anchors: ['WRONG_ANCHOR']"), queries: signedNames},
	{name: "trust anchors for several names", config: validated("trust-anchors: ['TRUST_ANCHOR', 'other.example. 3600 DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==']"), queries: signedNames},
	{name: "trust anchors from files", config: validated("trust-anchors-files: [{file: anchors, read-only: true}]"), files: map[string]string{"anchors": "TRUST_ANCHOR\n"}, queries: signedNames},
	{name: "a trust anchor of the root from a file", config: "dnssec: {trust-anchors-files: [{file: DIR/root, read-only: true}]}",
		files: map[string]string{"root": ". 3600 IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n"}},
	{name: "a name without validation", config: validated("trust-anchors: ['TRUST_ANCHOR'], negative-trust-anchors: [signed.example]"), queries: signedNames[:1],
		stockFails: "worker: kresd refuses a negative trust anchor for a name with a trust anchor", oursFails: "convert: likewise"},
	{name: "several names without validation", config: "dnssec: {negative-trust-anchors: [bad.example, worse.Example., x.signed.example]}"},
	{name: "a name without validation below a trust anchor", config: validated("trust-anchors: ['TRUST_ANCHOR'], negative-trust-anchors: [x.signed.example]"), queries: signedNames},
	{name: "an international name without validation", config: "dnssec: {negative-trust-anchors: [bücher.example]}", differs: map[string]string{"negative trust anchors": "international names become A-labels"}},
	{name: "names without validation and authoritative servers", config: "dnssec: {signal-query: false, negative-trust-anchors: [bad.example]}\nforward: [{subtree: example, servers: [127.0.0.2], options: {authoritative: true, dnssec: false}}]",
		queries: []string{"x.example A +do", "x.bad.example A +do"}},
}
