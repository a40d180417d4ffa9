# lib.sh - what conf/up, conf/down and tests/run share: steps, packages, places, stopping by pid.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
home=${JIYE_HOME:-$root/var}
port=${JIYE_PORT:-8080}
build=${JIYE_BUILD:-$root/build}
province=${JIYE_PROVINCE:-22}
case $home in /*) ;; *) home=$PWD/$home ;; esac

step_count=0
step_started=0
step() { # step TEXT - announces the next step
	step_count=$((step_count + 1))
	step_started=$SECONDS
	printf '[%s/%s] %s …… ' "$step_count" "${steps:-?}" "$1"
}
done_() { printf '%s（%s 秒）\n' "${1:-完成}" $((SECONDS - step_started)); }
fail() { # fail SENTENCE [LOGFILE] - what was wrong and what to do; then runs $on_fail
	printf '\n出错了：%s\n' "$1" >&2
	if [ -n "${2:-}" ] && [ -f "$2" ]; then
		printf '日志 %s 的最后几行：\n' "$2" >&2
		tail -n 15 "$2" >&2
	fi
	${on_fail:-:}
	exit 1
}

packages() { # packages KIND... - installs what is missing, saying which and why
	local missing=() kind name why sudo=
	while read -r kind name why; do
		case " $* " in *" $kind "*) ;; *) continue ;; esac
		case $name in
		gcc) command -v gcc >/dev/null && continue ;;
		python3) command -v python3 >/dev/null && continue ;;
		esac
		dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' && continue
		missing+=("$name")
		[ ${#missing[@]} -eq 1 ] && printf '\n'
		printf '      需要安装 %s：%s\n' "$name" "$why"
	done < <(grep -v '^#' "$root/conf/packages.txt")
	[ ${#missing[@]} -eq 0 ] && return 0
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || fail "安装软件包需要 root 权限，请用 root 运行，或先安装：${missing[*]}"
		sudo=sudo
	fi
	install_quietly "$sudo" "${missing[@]}" || fail "软件包没有装好，请检查软件源后重试。" "$package_log"
}

package_log=${TMPDIR:-/tmp}/jiye-packages-$$.log
install_quietly() { # sudo-or-nothing NAME... - no package may start a service of its own
	local sudo=$1 policy=/usr/sbin/policy-rc.d made= status=0
	shift
	if [ ! -e $policy ]; then
		printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
		$sudo chmod 755 $policy
		made=yes
	fi
	{
		$sudo apt-get update &&
			$sudo env DEBIAN_FRONTEND=noninteractive \
				apt-get install -y --no-install-recommends "$@"
	} >"$package_log" 2>&1 || status=$?
	[ -n "$made" ] && $sudo rm -f $policy
	[ $status -eq 0 ] && rm -f "$package_log"
	return $status
}

compile() { # compile BUILD_DIR [CMAKE_OPTION...]
	local folder=$1 log=$1/compile.log
	shift
	mkdir -p "$folder" || fail "不能建立编译目录 $folder，请检查权限。"
	: >"$log"
	if [ ! -f "$folder/build.ninja" ]; then
		cmake -S "$root" -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Release "$@" >>"$log" 2>&1 ||
			fail "编译文件没有生成。" "$log"
	fi
	ninja -C "$folder" >>"$log" 2>&1 || fail "编译没有成功。" "$log"
}

running() { # running PID - a dead process that nobody has waited for yet (Z) does not run
	local state
	state=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) && [ "${state%% *}" != Z ]
}

alive() { # alive PIDFILE - prints the pid if that process runs
	local pid
	pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] && running "$pid" && echo "$pid"
}

stop() { # stop PIDFILE NAME SECONDS [SIGNAL] - by its own pid, then harder
	local pid waited=0
	pid=$(alive "$1") || { rm -f "$1"; return 0; }
	kill "-${4:-TERM}" "$pid" 2>/dev/null
	while running "$pid"; do
		sleep 0.1
		waited=$((waited + 1))
		if [ $waited -ge $(($3 * 10)) ]; then
			printf '%s 没有按时停止，已强行结束。\n' "$2" >&2
			kill -KILL "$pid" 2>/dev/null
			break
		fi
	done
	rm -f "$1"
}

stop_all() {
	stop "$home/run/nginx.pid" nginx 10 QUIT
	stop "$home/run/jiyed.pid" jiyed 40
	stop "$home/run/mariadb.pid" MariaDB 60
}
