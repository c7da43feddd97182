// One meeting through Jitsi's IFrame API. Says joined, dropped, failed, kicked, gone and mute; decides nothing.
import { Carried } from "./carried.js";

const SCRIPT_LIMIT = 20_000;
const MEASURE = 15_000;
const PING = 5_000;

// What an unattended room needs, over whatever the agenda's config says: no page that waits for a click, no dialog at
// the end, and only the two buttons that people in the room must have: microphone, off until one of them turns it on,
// and camera. Nobody else can turn them on.
const FORCED = {
  prejoinConfig: { enabled: false }, disableDeepLinking: true, startWithAudioMuted: true, requireDisplayName: false,
  toolbarButtons: ["microphone", "camera"], notifications: [], notifyOnConferenceDestruction: false, feedbackPercentage: 0,
  disableInviteFunctions: true, readOnlyName: true,
};

/** Whether a conference's addresses are on the list of video hosts this page was given; a stolen agenda must not
    point the room's camera elsewhere. origins: array of "https://host[:port]". */
export function allowedBridge(bridge, origins) {
  try {
    const base = new URL(bridge.base_url);
    const host = bridge.domain.split("/")[0];
    return base.host === host && [base.origin, new URL(bridge.script_url).origin].every((o) => origins.includes(o));
  } catch {
    return false; // an address that cannot be read is not on the list
  }
}

/** What the picture decided for this room means to Jitsi; an agenda of an older service names none. */
export function pictureConfig(picture) {
  if (!picture) return {};
  if (!picture.height) return { startAudioOnly: true, startWithVideoMuted: true, channelLastN: 0 };
  const video = { height: { ideal: picture.height, max: picture.height, min: Math.min(180, picture.height) } };
  return { resolution: picture.height, constraints: { video }, channelLastN: picture.last_n };
}

/** Options for JitsiMeetExternalAPI. */
export function options(conference, room, parentNode) {
  return {
    roomName: conference.jitsi_name, jwt: conference.ticket, parentNode, width: "100%", height: "100%", lang: "vi",
    userInfo: { displayName: [room.unit, room.name].filter(Boolean).join(" – ") },
    configOverwrite: { subject: conference.subject, ...conference.config, ...pictureConfig(conference.picture), ...FORCED },
    ...(conference.bridge.base_url.startsWith("http:") && { noSSL: true }),
  };
}

export class Meeting {
  #api = null;
  #ping = null;
  #measure = null;
  #carried = new Carried();

  /** again: an earlier attempt failed; then the host is asked anew, for an iframe of a dead host never says so. */
  constructor(place, conference, room, { attempt, again }, on) {
    Object.assign(this, { place, conference, room, again, muted: { audio: true, video: false } });
    this.say = (t, more = {}) => on({ t, attempt, ...more });
  }

  async join() {
    let External;
    try {
      External = await load(this.conference.bridge.script_url, this.again);
    } catch {
      if (!this.disposed) this.say("failed", { code: "E_VIDEO_HOST" });
      return;
    }
    if (this.disposed) return;
    this.#api = new External(this.conference.bridge.domain, options(this.conference, this.room, this.place));
    const on = (name, act) => this.#api.addListener(name, (e) => this.disposed || act(e ?? {}));
    on("videoConferenceJoined", ({ id }) => {
      this.id = id;
      this.#watch();
      this.#quality();
      this.say("joined");
    });
    on("videoConferenceLeft", () => this.say("dropped", { why: "left" }));
    on("readyToClose", () => this.say("dropped", { why: "closed" }));
    on("errorOccurred", (e) => {
      const { isFatal, type } = e.error ?? e;
      if (isFatal) this.say("failed", { code: type === "CONFERENCE" ? "E_REFUSED" : "E_VIDEO_HOST", why: "fatal" });
    });
    on("participantKickedOut", ({ kicked }) => {
      if (kicked?.local || (kicked && kicked.id === this.id)) this.say("kicked");
    });
    on("audioMuteStatusChanged", ({ muted }) => this.#mute("audio", muted));
    on("videoMuteStatusChanged", ({ muted }) => this.#mute("video", muted));
    on("cameraError", () => this.say("device", { code: "E_CAM" }));
    on("micError", () => this.say("device", { code: "E_MIC" }));
  }

  /** Somebody in the room asks for it; there is no other way to turn the microphone on. */
  toggleMicrophone() {
    this.#api?.executeCommand("toggleAudio");
  }

  hangup() {
    this.#tell();
    if (this.#api) this.#api.executeCommand("hangup");
    else this.say("gone");
  }

  dispose() {
    this.#tell();
    this.disposed = true;
    clearInterval(this.#ping);
    clearInterval(this.#measure);
    this.#api?.dispose();
    this.place.replaceChildren();
  }

  #mute(what, muted) {
    this.muted[what] = muted;
    this.say("mute");
  }

  /** Neither shows more than was decided; what the line carries is measured. */
  #quality() {
    const { picture } = this.conference;
    if (picture?.height) this.#api.executeCommand("setVideoQuality", picture.height);
    clearInterval(this.#measure);
    this.#measure = setInterval(() => {
      this.#api.getConnectionStats?.().then((stats) => this.#carried.add(stats), () => {});
    }, MEASURE);
  }

  /** Once, at the end: what was carried. */
  #tell() {
    const { key, picture } = this.conference;
    const measured = this.#carried.take();
    if (measured && picture) this.say("carried", { conference: key, data: { picture: picture.code, ...measured } });
  }

  /** An iframe that no longer answers a question is dead, whatever it last said. */
  #watch() {
    clearInterval(this.#ping);
    let asking = false;
    this.#ping = setInterval(async () => {
      if (asking) return;
      asking = true;
      let timer;
      const late = new Promise((_, reject) => { timer = setTimeout(reject, PING); });
      try {
        await Promise.race([this.#api.isVideoMuted(), late]);
      } catch {
        if (!this.disposed) this.say("dropped", { why: "unhealthy" });
      }
      clearTimeout(timer);
      asking = false;
    }, PING);
  }
}

const loaded = new Map();

/** The bridge's own external_api.js, once per address unless `again`; rejects when the host does not give it. */
export function load(url, again = false) {
  if (again || !loaded.has(url)) {
    const promise = new Promise((resolve, reject) => {
      const script = document.createElement("script");
      const finish = (act) => {
        clearTimeout(timer);
        script.remove();
        act(window.JitsiMeetExternalAPI);
      };
      const timer = setTimeout(() => finish(reject), SCRIPT_LIMIT);
      script.src = again ? `${url}?again=${Date.now()}` : url;
      script.onload = () => finish(window.JitsiMeetExternalAPI ? resolve : reject);
      script.onerror = () => finish(reject);
      document.head.append(script);
    });
    loaded.set(url, promise);
    promise.catch(() => loaded.delete(url));
  }
  return loaded.get(url);
}
