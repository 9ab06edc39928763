//go:build unix

package pgtest

import (
	"io"
	"os/exec"
	"syscall"
)

// watcher ends a server, and removes its folder, when this process has ended without
// doing so itself, however it ended.
type watcher struct {
	shell *exec.Cmd
	pipe  io.Closer
}

// whenOver waits until nobody holds the other end of the pipe. The first line of
// postmaster.pid is the number of the server, which has removed the file if it ended in
// an orderly way.
const whenOver = `cat >/dev/null
if pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null); then
	kill -QUIT "$pid" 2>/dev/null && sleep 1
fi
rm -rf "$1"`

// watch watches over the server in a folder. The shell has a process group of its
// own, so that what is typed to end this process does not end it too.
func watch(dir string) (*watcher, error) {
	shell := exec.Command("sh", "-c", whenOver, "sh", dir)
	shell.Dir = "/"
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := shell.StdinPipe()
	if err != nil {
		return nil, err
	}
	return &watcher{shell, pipe}, shell.Start()
}

// close ends the watch, after the server has ended.
func (w *watcher) close() error {
	if w == nil {
		return nil
	}
	_ = w.pipe.Close()
	return w.shell.Wait()
}
