// SPDX-License-Identifier: Apache-2.0

// Package load puts a constant rate of DNS queries on a server on loopback and accounts
// for every one of them: over UDP from many source ports, over TCP, TLS, HTTPS or QUIC with a
// new connection for each query, or over connections that are kept. It measures losses
// during restarts; what is restarted and which loss is acceptable is left to the tests. It
// refuses any target that is not loopback, more than 100 000 queries per second and more
// than a minute.
package load
