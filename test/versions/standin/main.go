// SPDX-License-Identifier: Apache-2.0

// Command standin takes the place of kresd and of kres-cache-gc where Knot
// Resolver 6 is not packaged. It resolves nothing: it does what systemd and the
// manager see of them. It announces the hash that the end of its configuration
// announces, answers on the control socket, feeds the watchdog, and ends when it
// is told to.
package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	if filepath.Base(os.Args[0]) == "kres-cache-gc" {
		<-stop
		return
	}
	if err := worker(stop); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

var announced = regexp.MustCompile(`'STATUS=(config|rules) ([0-9a-f]+)'`)

func worker(stop chan os.Signal) error {
	file := ""
	for i, arg := range os.Args[:len(os.Args)-1] {
		if arg == "-c" && os.Args[i+1] != "-" {
			file = os.Args[i+1]
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	m := announced.FindAllStringSubmatch(string(text), -1)
	if m == nil {
		return fmt.Errorf("%s announces nothing", file)
	}
	last := m[len(m)-1]
	if last[1] == "rules" {
		if err := writeRules(); err != nil {
			return err
		}
		return notify("STATUS=rules " + last[2])
	}
	instance := os.Getenv("SYSTEMD_INSTANCE")
	// Not in the working directory: that of the canary is another one.
	socket := filepath.Join("/run/knot-resolver/control", instance)
	_ = os.Remove(socket)
	l, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	defer l.Close() // which removes it
	go serve(l)
	if err := notify("STATUS=config " + last[2] + "\nREADY=1"); err != nil {
		return err
	}
	interval := time.Hour
	if usec, err := strconv.ParseInt(os.Getenv("WATCHDOG_USEC"), 10, 64); err == nil {
		interval = time.Duration(usec) * time.Microsecond / 2
	}
	for {
		select {
		case <-stop:
			return nil
		case <-time.After(interval):
			if err := notify("WATCHDOG=1"); err != nil {
				return err
			}
		}
	}
}

// writeRules leaves a rule database, in the working directory of the policy-loader, of
// which no more is true than its two meta pages (struct MDB_meta in LMDB's mdb.c).
func writeRules() error {
	const size = 4096
	b := make([]byte, 2*size)
	for at := 0; at < len(b); at += size {
		binary.NativeEndian.PutUint32(b[at+16:], 0xBEEFC0DE)
		binary.NativeEndian.PutUint32(b[at+16+24:], size)
		binary.NativeEndian.PutUint64(b[at+16+120:], 1)
		binary.NativeEndian.PutUint64(b[at+16+128:], uint64(time.Now().UnixNano())) // transactions only grow
	}
	if err := os.MkdirAll("ruledb", 0o770); err != nil {
		return err
	}
	return os.WriteFile("ruledb/data.mdb", b, 0o660)
}

// notify is sd_notify(3).
func notify(state string) error {
	c, err := net.Dial("unixgram", os.Getenv("NOTIFY_SOCKET"))
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Write([]byte(state))
	return err
}

// serve answers in the framing of kresd: a prompt for the first line, and then
// for each line the length and the text of a value.
func serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			in := bufio.NewScanner(c)
			if !in.Scan() {
				return
			}
			if _, err := c.Write([]byte("> ")); err != nil {
				return
			}
			for in.Scan() {
				text := value(in.Text())
				if _, err := c.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(text))), text...)); err != nil {
					return
				}
			}
		}()
	}
}

func value(expression string) string {
	switch {
	case strings.HasPrefix(expression, "kresd_manager.answer"), strings.Contains(expression, "kr_rules_reset"):
		return "0"
	case strings.HasPrefix(expression, "kresd_manager.drained"):
		return "true"
	}
	return ""
}
