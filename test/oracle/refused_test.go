// SPDX-License-Identifier: Apache-2.0

package oracle

// refusedCases are what we refuse when a configuration is read, where stock
// mostly fails later, and what both find when they start.
var refusedCases = []testCase{
	{name: "messages of less than 512 bytes", config: listens("edns-buffer-size: {upstream: 511B}"), stockFails: "worker: kresd refuses it", oursFails: "convert: 512B to 65535B"},
	{name: "messages of more than 65535 bytes", config: listens("edns-buffer-size: {downstream: 64K}"), stockFails: "worker: kresd refuses it", oursFails: "convert: 512B to 65535B"},
	{name: "no time for bad servers", config: cached("ns-timeout: 999us"), stockFails: "worker: kresd refuses it", oursFails: "convert: at least 1ms"},
	{name: "no longest lifetime", config: cached("ttl-min: 0s, ttl-max: 999ms"), stockFails: "worker: kresd refuses it", oursFails: "convert: at least 1s"},
	{name: "a trust anchor that is none", config: "dnssec: {trust-anchors: [nonsense]}", stockFails: "worker: kresd refuses it", oursFails: "convert: it is read"},
	{name: "a negative trust anchor for the root", config: "dnssec: {negative-trust-anchors: [.]}", stockFails: "worker: kresd refuses it", oursFails: "convert: the root has a trust anchor"},
	{name: "forwarding over TLS without authentication", config: forwardTo("{address: 127.0.0.2, transport: tls}", "dnssec: false"), stockFails: "loader: kresd refuses it", oursFails: "convert: hostname or pin-sha256"},
	{name: "forwarding over TLS with a CA and no name", config: forwardTo("{address: 127.0.0.2, transport: tls, ca-file: PKI/ca.pem}", "dnssec: false"), stockFails: "loader: kresd refuses it", oursFails: "convert: ca-file needs hostname"},
	{name: "proxies that are not named", config: listens("proxy-protocol: {enable: true}"), stockFails: "convert: stock crashes", oursFails: "convert: it needs allow"},
	{name: "the same address twice", config: "network: {listen: [{interface: 127.0.0.1}, {interface: 127.0.0.1@53}]}", stockFails: "worker: kresd refuses it", oursFails: "convert: it is found"},
	{name: "more tags than kresd has room for", config: manyTags(65), stockFails: "loader: kresd refuses it", oursFails: "convert: 64 tags"},
	{name: "a capacity of nothing", config: "rate-limiting: {enable: true, rate-limit: 1, capacity: 0}", stockFails: "convert: at least 1", oursFails: "convert: likewise"},
	{name: "renumbering to the other family", config: listens("address-renumbering: [{source: 192.0.2.0/24, destination: '2001:db8::'}]") + forwarded, oursFails: "convert: stock starts, and nothing good comes of it"},
	{name: "a listener on a unix socket", config: "network: {listen: [{unix-socket: DIR/socket}, {interface: 127.0.0.1}]}", stockFails: "worker: kresd serves no DNS there", oursFails: "convert: likewise"},
	{name: "prediction with no window", config: cached("prefetch: {prediction: {enable: true, window: 59s}}"), oursFails: "convert: stock predicts nothing then, and says nothing"},
	{name: "an interface that does not exist", config: "network: {listen: [{interface: eth77}]}", stockFails: "worker: there is none", oursFails: "worker: there is none"},
	{name: "records that are none", config: "local-data: {records: 'nonsense nonsense nonsense'}", stockFails: "loader: kresd refuses them", oursFails: "loader: kresd refuses them"},
	{name: "a file with addresses that is not there", config: "local-data: {addresses-files: [missing]}", stockFails: "loader: it is not there, and all other rules are not in force either", queries: []string{"localhost A"}},
	{name: "a response policy zone that is none", config: "local-data: {rpz: [{file: zone}]}", files: map[string]string{"zone": "nonsense nonsense nonsense\n"}, stockFails: "loader: kresd refuses it, and all other rules are not in force either", queries: []string{"localhost A"}},
	{name: "a certificate that is none", config: encrypted("cert-file: DIR/cert, key-file: PKI/key.pem"), files: map[string]string{"cert": "nonsense\n"}, stockFails: "worker: kresd refuses it", oursFails: "worker: kresd refuses it"},
	{name: "XDP without the privileges for it", config: "network: {listen: [{interface: 127.0.0.1}, {interface: lo, kind: xdp}]}", stockFails: "worker: it may not", oursFails: "worker: likewise, and it says what is missing"},
	{name: "DNS over HTTPS as it was on a unix socket", config: "network: {listen: [{unix-socket: DIR/socket, kind: doh-legacy}, {interface: 127.0.0.1}]}", stockFails: "worker: kresd fails", oursFails: "convert: no one would be answered"},
	{name: "Lua that fails", config: "lua: {script: 'error(\"no\")'}", stockFails: "worker: it fails", oursFails: "worker: it fails"},
	{name: "Lua that is none", config: "lua: {script: 'this is not Lua'}", stockFails: "worker: it cannot be read", oursFails: "worker: it cannot be read"},
	{name: "Lua of the policy-loader that fails", config: "lua: {policy-script: 'error(\"no\")'}", stockFails: "loader: it fails", oursFails: "loader: it fails"},
}
