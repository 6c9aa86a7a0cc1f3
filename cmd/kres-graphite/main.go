// SPDX-License-Identifier: Apache-2.0

// Command kres-graphite sends the metrics of Knot Resolver to a Graphite server
// at regular times. It asks kresd-manager for them over its API socket: the
// manager itself has no network.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"kresd-manager/internal/client"
	"kresd-manager/internal/cmdline"
	"kresd-manager/internal/visible"
)

// version is set when a release is linked.
var version = "devel"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	code := run(ctx, os.Args[1:], visible.NewWriter(os.Stdout), visible.NewWriter(os.Stderr))
	stop()
	os.Exit(code)
}

// run sends until the context ends, which is success. It returns 2 for wrong
// usage.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := cmdline.New("kres-graphite")
	socket := flags.String("socket", client.DefaultSocket, "`path` of the manager's API socket")
	host := flags.String("host", "", "address or name of the Graphite `server`")
	port := flags.Uint("port", 2003, "its `port`")
	prefix := flags.String("prefix", "", "the `name` that all names start with, before a dot")
	interval := flags.Duration("interval", 5*time.Second, "`time` between two messages, at least 1s")
	tcp := flags.Bool("tcp", true, "send over TCP; --tcp=false sends over UDP")
	showVersion := flags.Bool("version", false, "print the version")
	if code, done := cmdline.Begin(flags, args, "", 0, stdout, stderr); done {
		return code
	}
	if *showVersion {
		fmt.Fprintf(stdout, "kres-graphite %s\n", version)
		return 0
	}
	wrong := ""
	switch {
	case *host == "":
		wrong = "--host is missing"
	case *port == 0 || *port > 65535:
		wrong = "--port must be between 1 and 65535"
	case *interval < time.Second:
		wrong = "--interval must be at least 1s"
	}
	if wrong != "" {
		fmt.Fprintf(stderr, "kres-graphite: %s\nsee kres-graphite --help\n", wrong)
		return 2
	}
	manager := client.New(*socket)
	defer manager.Close()
	s := &sender{
		read:     manager.Prometheus,
		network:  "tcp",
		address:  net.JoinHostPort(*host, strconv.FormatUint(uint64(*port), 10)),
		prefix:   cleanPrefix(*prefix),
		interval: *interval,
		log:      stderr,
	}
	if !*tcp {
		s.network = "udp"
	}
	_, _ = daemon.SdNotify(false, daemon.SdNotifyReady) // no one to tell is no failure
	s.run(ctx)
	return 0
}
