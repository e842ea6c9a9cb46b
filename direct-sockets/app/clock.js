// Half seconds, also while the window is hidden.
setInterval(() => postMessage(null), 500);
