// SPDX-License-Identifier: Apache-2.0

package config

import "time"

// Logging is how much is logged, and where.
type Logging struct {
	// Level is "crit", "err", "warning", "notice", "info" or "debug".
	Level string `key:"level" type:"enum crit err warning notice info debug" default:"notice" doc:"Least severe messages that are logged."`
	// Target is "syslog", "stderr", "stdout" or "from-arg".
	Target string `key:"target" type:"enum syslog stderr stdout from-arg" default:"from-arg" doc:"Where messages go; from-arg leaves it to the manager, which uses the journal."`
	// Groups is words of logGroups, none twice.
	Groups []string `key:"groups" type:"list<log-group>?" doc:"Parts of the resolver, or processes, that log at level debug."`
	Dnstap Dnstap   `key:"dnstap" doc:"Copies of messages to a collector (dnstap.info)."`
}

// Dnstap is which messages are copied to a collector.
type Dnstap struct {
	Enable       bool   `key:"enable" type:"bool" default:"false" doc:"Copy messages; needs unix-socket."`
	UnixSocket   string `key:"unix-socket" type:"socket?" doc:"Socket that the collector listens on."`
	LogQueries   bool   `key:"log-queries" type:"bool" default:"false" doc:"Copy queries of clients."`
	LogResponses bool   `key:"log-responses" type:"bool" default:"false" doc:"Copy answers to clients."`
	LogTCPRTT    bool   `key:"log-tcp-rtt" type:"bool" default:"false" doc:"Add the round-trip time of TCP connections."`
}

// Monitoring is how statistics are made and where they go.
type Monitoring struct {
	// Metrics is "manager-only", "lazy" or "always".
	Metrics  string   `key:"metrics" was:"enabled" type:"enum manager-only lazy always" default:"lazy" doc:"Statistics in workers: manager-only has none, lazy starts with the first request for them, always with the worker."`
	Graphite Graphite `key:"graphite" doc:"Statistics are sent to a Graphite server."`
}

// Graphite is the server that statistics are sent to.
type Graphite struct {
	Enable bool `key:"enable" type:"bool" default:"false" doc:"Send statistics; needs host."`
	// Host is an IP address in shortest form or a name as [Forward.Subtree].
	Host     string        `key:"host" type:"host?" doc:"Address or name of the server."`
	Port     uint16        `key:"port" type:"port" default:"2003" doc:"Port of the server."`
	Prefix   string        `key:"prefix" type:"estr" default:"''" doc:"What the names of all statistics start with."`
	Interval time.Duration `key:"interval" type:"time" default:"5s" doc:"Time between two messages, at least 1s; whole seconds count."`
	TCP      bool          `key:"tcp" type:"bool" default:"true" doc:"Send over TCP; false is UDP."`
}
