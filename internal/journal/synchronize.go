// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"
)

// socket is where journald takes Varlink calls (systemd-journald.service(8)). It
// is variable for tests.
var socket = "/run/systemd/journal/io.systemd.journal"

// synchronize returns when journald has taken every message that was sent to it
// before. Everyone may ask for that since systemd 258; before, only root may, and
// the error says to wait instead.
func synchronize(ctx context.Context, socket string) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	// Without offline, journald would also write its files out to the disk.
	if _, err := conn.Write([]byte(`{"method":"io.systemd.Journal.Synchronize","parameters":{"offline":false}}` + "\x00")); err != nil {
		return err
	}
	text, err := bufio.NewReaderSize(conn, 4096).ReadSlice(0)
	if err != nil {
		return err
	}
	var reply struct {
		Error string `json:"error"`
	}
	if err := json.Unmarshal(text[:len(text)-1], &reply); err != nil {
		return fmt.Errorf("cannot read the answer of journald: %w", err)
	}
	if reply.Error != "" {
		return errors.New("journald refused: " + reply.Error)
	}
	return nil
}
