@echo off
rem Double-click it: installs, builds and runs dylive with simulated rooms. With words behind it, it is the command: start.cmd serve
setlocal
cd /d "%~dp0"
where node >nul 2>nul
if errorlevel 1 (
  echo dylive needs Node.js 20.19, or 22.12 or newer: install it from nodejs.org, then start this again.
  pause
  exit /b 1
)
if "%~1"=="" (
  call npm start
) else (
  rem Only where the last build is older than what it is made of, as after a git pull.
  node scripts\build.mjs --if-older || exit /b 1
  node dist\bin\dylive.js %*
)
set code=%errorlevel%
rem A window that closes by itself shows nobody what went wrong.
if not "%code%"=="0" if "%~1"=="" pause
exit /b %code%
