#!/bin/sh
# Makes one throw-away machine out of a root: cell.sh ROOT PROGRAM-FOLDER
#
# Meant to be started by tests/support/cell.rs as
#     unshare [--map-auto --map-root-user] --mount --pid --fork --net --uts cell.sh …
# Puts an overlay on the root (its upper layer in memory), gives it /proc, /dev and a loopback interface,
# says `ready PID` (as seen from outside, for nsenter), and stays until its standard input ends. With it
# end all its processes, mounts and files.
set -eu

root=$1 programs=$2
read -r pid _ </proc/self/stat

base=$(dirname "$root")/cell
mkdir -p "$base"
mount -t tmpfs -o mode=755 tmpfs "$base"
mkdir "$base/upper" "$base/work" "$base/root"
mount -t overlay -o "lowerdir=$root,upperdir=$base/upper,workdir=$base/work" overlay "$base/root"
cd "$base/root"

# In an outer container /proc may be covered in parts; then the kernel refuses a new one.
mount -t proc proc proc 2>/dev/null || mount --rbind /proc proc
mount -t tmpfs -o mode=755 tmpfs dev
for name in null zero full random urandom tty; do
    : >"dev/$name"
    mount --bind "/dev/$name" "dev/$name"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts 2>/dev/null && ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
mkdir -p opt/trustctl
mount --bind "$programs" opt/trustctl
mount -o remount,bind,ro opt/trustctl

hostname cell
echo cell >etc/hostname
printf '127.0.0.1 localhost cell\n::1 localhost\n' >etc/hosts
ip link set lo up

# Nothing of the outer machine stays in reach. Only then may anyone come in.
pivot_root . mnt
exec chroot . /bin/sh -c 'umount -l /mnt && echo "ready $0" && exec cat' "$pid"
