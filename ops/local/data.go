package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/fualab/fualab/shared/log"
)

const logName = "fualab.log"

// maxLog is the size in bytes at which a starting runner moves the log aside.
const maxLog = 10 << 20

// dataDir is the directory of the database and the log. One process at a time
// uses it.
type dataDir struct {
	lock *os.File
	log  *os.File
}

// openData creates the directory and locks it for this process.
func openData(dir string) (*dataDir, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("FUALAB_DATA_DIR: cannot make the directory %s (%w): make it, or name another one", dir, cause(err))
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, unwritable(dir, err)
	}
	defer func() { _ = root.Close() }() // the opened files stay open
	lock, err := lockDir(root)
	if err != nil {
		return nil, err
	}
	logFile, err := openLog(root)
	if err != nil {
		return nil, errors.Join(unwritable(dir, err), lock.Close())
	}
	return &dataDir{lock, logFile}, nil
}

// Close unlocks the directory.
func (d *dataDir) Close() error { return errors.Join(d.log.Close(), d.lock.Close()) }

// lockDir locks dir. The operating system holds the lock, so it ends with the
// process in every case. The file stays and contains the last owner's id.
func lockDir(dir *os.Root) (*os.File, error) {
	f, err := dir.OpenFile("lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, unwritable(dir.Name(), err)
	}
	if err := tryLock(f); err != nil && !errors.Is(err, errLocked) {
		return nil, errors.Join(fmt.Errorf("FUALAB_DATA_DIR: cannot lock a file in %s (%w): name a directory on a local disk", dir.Name(), err), f.Close())
	} else if err != nil {
		owner, _ := io.ReadAll(io.LimitReader(f, 20)) // the message is useful without it, too
		return nil, errors.Join(fmt.Errorf(
			"FUALAB_DATA_DIR: the directory %s is in use by another FUALab, process %s: stop that one, or set FUALAB_DATA_DIR to another directory and the FUALAB_*_ADDR to free ports",
			dir.Name(), cmp.Or(strings.TrimSpace(string(owner)), "unknown")), f.Close())
	}
	if err := errors.Join(f.Truncate(0), writePID(f)); err != nil {
		return nil, errors.Join(unwritable(dir.Name(), err), f.Close())
	}
	return f, nil
}

func writePID(f *os.File) error {
	_, err := f.WriteString(strconv.Itoa(os.Getpid()) + "\n")
	return err
}

// openLog opens the log for appending. It first moves a large log aside.
func openLog(dir *os.Root) (*os.File, error) {
	if info, err := dir.Stat(logName); err == nil && info.Size() > maxLog {
		if err := dir.Rename(logName, logName+".1"); err != nil {
			return nil, err
		}
	}
	return dir.OpenFile(logName, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
}

func unwritable(dir string, err error) error {
	return fmt.Errorf("FUALAB_DATA_DIR: cannot write in the directory %s (%w): give this user write access to it, or name another one", dir, cause(err))
}

// cause removes the path, which the message already names.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// newLogger logs everything from level upwards to file, as the services do.
// It also writes warnings and errors to console, for a person.
func newLogger(file, console io.Writer, level slog.Level, service string) *slog.Logger {
	terminal := slog.NewTextHandler(console, &slog.HandlerOptions{
		Level: max(level, slog.LevelWarn),
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == slog.TimeKey {
				return slog.String(a.Key, a.Value.Time().Format(time.TimeOnly))
			}
			return a
		},
	}).WithAttrs([]slog.Attr{slog.String("service", service)})
	return slog.New(slog.NewMultiHandler(log.New(file, level, service).Handler(), terminal))
}
