//go:build unix

package pgstore_test

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"example.com/ostraka/pgstore"
	"example.com/ostraka/pgstore/pgtest"
	"example.com/ostraka/store"
)

var (
	clusterFor  = flag.Duration("cluster.for", 5*time.Second, "how long each part of TestProcesses writes and asks")
	clusterTurn = flag.Duration("cluster.turn", 30*time.Second, "how long after each other its server is killed")
	clusterRate = flag.Int("cluster.rate", 200, "how many writes a second its processes make together")
)

// TestProcesses has three processes write bans and revoke them, and each ask both its
// Checkers, one with a cache and one with a mirror, about what the others wrote. No
// answer may be wrong, and nothing may be lost that was acknowledged.
func TestProcesses(t *testing.T) {
	t.Run("undisturbed", func(t *testing.T) {
		c := startCluster(t, false)
		time.Sleep(*clusterFor)
		c.finish()
	})
	t.Run("server killed, connections cut, a process frozen", func(t *testing.T) {
		c := startCluster(t, true)
		c.disturb(*clusterFor)
		c.finish()
	})
}

type cluster struct {
	t      *testing.T
	server *pgtest.Server
	proxy  *pgtest.Proxy
	board  *board
	nodes  []*clusterNode
}

type clusterNode struct {
	cmd *exec.Cmd
	out *bufio.Reader
}

func startCluster(t *testing.T, throughProxy bool) *cluster {
	c := &cluster{t: t, server: pgtest.Own(t)}
	dsn := c.server.DSN()
	var err error
	if throughProxy {
		if c.proxy, err = pgtest.NewProxy(c.server.Addr()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.proxy.Close)
		dsn = c.proxy.DSN(c.server)
	}
	if err := pgstore.Migrate(t.Context(), c.server.DSN(), pgstore.Options{}, ""); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "board")
	if c.board, err = openBoard(path); err != nil {
		t.Fatal(err)
	}
	for i := range nodes {
		cmd := exec.Command(os.Args[0], "-test.run=^$")
		cmd.Env = append(os.Environ(), nodeEnv+"="+strconv.Itoa(i), nodeDSNEnv+"="+dsn, nodeBoardEnv+"="+path,
			nodeRateEnv+"="+strconv.Itoa((*clusterRate+nodes-1)/nodes))
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
		c.nodes = append(c.nodes, &clusterNode{cmd: cmd, out: bufio.NewReader(out)})
	}
	for i, n := range c.nodes {
		if line, err := n.out.ReadString('\n'); err != nil || line != "ready\n" {
			t.Fatalf("process %d: %q, %v", i, line, err)
		}
	}
	return c
}

// disturb kills the server every turn, freezes a process for 5 seconds in between, and
// cuts connections all the time; in a short run all of it once. The process is frozen
// when all of them are well again: a frozen process recovers from nothing, and those that
// wait for what it has locked do not either.
func (c *cluster) disturb(during time.Duration) {
	turn := min(*clusterTurn, during)
	part := turn / 4
	end := time.Now().Add(during)
	for time.Now().Before(end) {
		c.cutUntil(time.Now().Add(part))
		if err := c.server.Kill(); err != nil {
			c.t.Fatal(err)
		}
		time.Sleep(min(part/4, time.Second))
		if err := c.server.Restart(); err != nil {
			c.t.Fatal(err)
		}
		c.board.backAt.Store(time.Now().UnixNano())
		c.board.outage.Add(1)
		c.cutUntil(time.Now().Add(part))
		c.cutUntilWell()
		frozen := c.nodes[rand.IntN(nodes)].cmd.Process
		if err := frozen.Signal(syscall.SIGSTOP); err != nil {
			c.t.Fatal(err)
		}
		c.cutUntil(time.Now().Add(min(part, 5*time.Second)))
		if err := frozen.Signal(syscall.SIGCONT); err != nil {
			c.t.Fatal(err)
		}
		c.cutUntil(time.Now().Add(part))
	}
}

// cutUntilWell cuts connections until all processes have recovered from the last outage,
// for a minute at most.
func (c *cluster) cutUntilWell() {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		well := true
		for i := range c.board.nodes {
			well = well && c.board.nodes[i].recovered.Load() == c.board.outage.Load()
		}
		if well {
			return
		}
		c.cutUntil(time.Now().Add(time.Second))
	}
}

// cutUntil cuts a connection a second, at random.
func (c *cluster) cutUntil(end time.Time) {
	for time.Now().Before(end) {
		time.Sleep(min(rand.N(2*time.Second), time.Until(end)))
		c.proxy.Cut()
	}
}

// finish ends the processes, and judges what they saw and what is in the database.
func (c *cluster) finish() {
	c.t.Helper()
	c.board.stop.Store(1)
	var sum nodeReport
	fresh := [2]map[int]int{{}, {}}
	for i, n := range c.nodes {
		var r nodeReport
		if err := json.NewDecoder(n.out).Decode(&r); err != nil {
			c.t.Fatalf("process %d: %v", i, err)
		}
		sum.Writes += r.Writes
		sum.FailedWrites += r.FailedWrites
		sum.Unknown += r.Unknown
		sum.Checks += r.Checks
		sum.Failed += r.Failed
		sum.Stale += r.Stale
		sum.WrongHere += r.WrongHere
		sum.WrongOf += r.WrongOf
		sum.Wrong = append(sum.Wrong, r.Wrong...)
		sum.Recovered = append(sum.Recovered, r.Recovered...)
		sum.Deadlocks += r.Deadlocks
		sum.Serialization += r.Serialization
		for k := range fresh {
			for at, n := range r.Fresh[k] {
				fresh[k][at] += n
			}
		}
	}
	c.t.Logf("%d writes, %d failed, of %d it was not known whether they took place; %d checks, %d failed, %d stale; %d deadlocks, %d serialization failures",
		sum.Writes, sum.FailedWrites, sum.Unknown, sum.Checks, sum.Failed, sum.Stale, sum.Deadlocks, sum.Serialization)
	for k, name := range []string{"cache", "mirror"} {
		c.t.Logf("%s: %s", name, quantiles(fresh[k]))
	}
	if len(sum.Recovered) > 0 {
		logRecoveries(c.t, sum.Recovered)
	}
	if sum.WrongHere+sum.WrongOf+int64(len(sum.Wrong)) > 0 {
		c.t.Errorf("%d answers from before a write that had returned here, %d later than the poll interval after one that had elsewhere: %q",
			sum.WrongHere, sum.WrongOf, sum.Wrong)
	}
	c.lost()
}

// lost compares the database with what was acknowledged.
func (c *cluster) lost() {
	c.t.Helper()
	s, err := pgstore.Open(context.Background(), c.server.DSN(), pgstore.Options{NoListen: true})
	if err != nil {
		c.t.Fatal(err)
	}
	defer s.Close()
	there := make(map[string]bool)
	for r, err := range s.Scan(context.Background(), store.KindDomain) {
		if err != nil {
			c.t.Fatal(err)
		}
		if there[r.Key.Text] {
			c.t.Errorf("%s is banned twice", r.Key.Text)
		}
		there[r.Key.Text] = true
	}
	for n := range c.board.nodes {
		for i := range c.board.nodes[n].values {
			_, state, _, ok := c.board.nodes[n].values[i].settled()
			if name := valueName(n, i); ok && state != unknown && there[name] != (state == banned) {
				c.t.Errorf("%s: an acknowledged write is lost", name)
			}
		}
	}
}

// logRecoveries prints how long it took until processes were well again, and what the
// slowest of them waited for.
func logRecoveries(t *testing.T, all []recovery) {
	slices.SortFunc(all, func(a, b recovery) int { return cmp.Compare(a.whole(), b.whole()) })
	at := func(q float64) time.Duration { return all[int(q*float64(len(all)-1))].whole().Round(time.Millisecond) }
	worst := all[len(all)-1]
	t.Logf("%d recoveries of a process: p50 %v, p90 %v, at most %v, when it wrote after %v, and its cache and mirror saw what others wrote after %v", len(all),
		at(0.5), at(0.9), at(1), worst.Wrote.Round(time.Millisecond), worst.Saw)
}

// quantiles prints those of a histogram in tenths of a millisecond.
func quantiles(count map[int]int) string {
	var at []int
	total := 0
	for t, n := range count {
		at = append(at, t)
		total += n
	}
	if total == 0 {
		return "no write of another process was seen"
	}
	slices.Sort(at)
	quantile := func(q float64) float64 {
		n := 0
		for _, t := range at {
			if n += count[t]; float64(n) >= q*float64(total) {
				return float64(t+1) / 10
			}
		}
		return float64(at[len(at)-1]+1) / 10
	}
	return fmt.Sprintf("%d writes of others seen, p50 %.1f ms, p99 %.1f ms, p99.9 %.1f ms, at most %.1f ms",
		total, quantile(0.5), quantile(0.99), quantile(0.999), quantile(1))
}
