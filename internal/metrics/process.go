// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"github.com/prometheus/procfs"

	"kresd-manager/internal/metrics/exposition"
)

// What a process says of itself, by the names that all client libraries of Prometheus
// use (https://prometheus.io/docs/instrumenting/writing_clientlibs/, process metrics).
var (
	processCPU      = exposition.New("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.")
	processOpen     = exposition.New("process_open_fds", "Number of open file descriptors.")
	processMaxOpen  = exposition.New("process_max_fds", "Maximum number of open file descriptors.")
	processVirtual  = exposition.New("process_virtual_memory_bytes", "Virtual memory size in bytes.")
	processMost     = exposition.New("process_virtual_memory_max_bytes", "Maximum amount of virtual memory available in bytes.")
	processResident = exposition.New("process_resident_memory_bytes", "Resident memory size in bytes.")
	processBegan    = exposition.New("process_start_time_seconds", "Start time of the process since unix epoch in seconds.")
	processReceived = exposition.New("process_network_receive_bytes_total", "Number of bytes received by the process over the network.")
	processSent     = exposition.New("process_network_transmit_bytes_total", "Number of bytes sent by the process over the network.")
)

// collectProcess adds what the kernel knows of the calling process. What it does not
// tell is left out.
func collectProcess(out *exposition.Text) {
	p, err := procfs.Self()
	if err != nil {
		return
	}
	if stat, err := p.Stat(); err == nil {
		out.Counter(processCPU, stat.CPUTime())
		out.Gauge(processVirtual, float64(stat.VirtualMemory()))
		out.Gauge(processResident, float64(stat.ResidentMemory()))
		if began, err := stat.StartTime(); err == nil {
			out.Gauge(processBegan, began)
		}
	}
	if n, err := p.FileDescriptorsLen(); err == nil {
		out.Gauge(processOpen, float64(n))
	}
	if limits, err := p.Limits(); err == nil {
		out.Gauge(processMaxOpen, float64(limits.OpenFiles))
		out.Gauge(processMost, float64(limits.AddressSpace))
	}
	if n, err := p.Netstat(); err == nil {
		out.Counter(processReceived, known(n.InOctets))
		out.Counter(processSent, known(n.OutOctets))
	}
}

func known(n *float64) float64 {
	if n == nil {
		return 0
	}
	return *n
}
