/*
 * The simulated room: logs in, asks for the conference and joins over the simulator's WebSocket (channel.py), shows who
 * is there, and speaks with external_api.js when it is in a frame. Nothing is transmitted but presence and text.
 */
import { config, listen, options, tell } from './frame.js';

const byId = id => document.getElementById(id);
const token = new URLSearchParams(location.search).get('jwt');
const room = encodeURIComponent(decodeURIComponent(location.pathname.slice(1)).normalize('NFKC').toLowerCase())
    .toLowerCase();
const askForDevices = document.body.dataset.askForDevices === 'yes';
const me = {
    id: undefined, name: (options.userInfo || {}).displayName || '', email: (options.userInfo || {}).email || '',
    audioMuted: config.startWithAudioMuted === true, videoMuted: config.startWithVideoMuted === true, role: 'none'
};
const media = { audio: !askForDevices, video: !askForDevices };
const participants = new Map();
const started = Date.now();
let socket, joined = false, closing = false, password = '', videoQuality = config.resolution || 720;

const say = text => { byId('status').textContent = text; };
const send = message => {
    if (socket && socket.readyState === WebSocket.OPEN) { socket.send(JSON.stringify(message)); }
};
const seen = one => ({
    id: one.id, displayName: one.name, formattedDisplayName: one.name, email: one.email, avatarURL: '',
    userContext: one.user_id === null ? {} : { id: one.user_id }
});

function draw() {
    const list = joined ? [{ ...me, local: true }, ...participants.values()] : [];
    byId('participants').replaceChildren(...list.map(one => {
        const item = document.createElement('li');
        const state = document.createElement('small');
        const muted = one.local ? one.audioMuted : one.audio_muted;
        if (one.local) { item.className = 'local'; }
        item.textContent = one.name || 'Không tên / no name';
        state.textContent = muted ? 'Micrô tắt / mic off' : 'Micrô bật / mic on';
        item.append(state);
        return item;
    }));
    byId('tools').hidden = !joined;
    for (const [id, button] of [['audio', 'microphone'], ['video', 'camera'], ['leave', 'hangup']]) {
        byId(id).hidden = Array.isArray(config.toolbarButtons) && !config.toolbarButtons.includes(button);
        if (id !== 'leave') { byId(id).setAttribute('aria-pressed', String(me[`${id}Muted`])); }
    }
    byId('audio').textContent = me.audioMuted ? 'Bật micrô / Unmute' : 'Tắt micrô / Mute';
    byId('video').textContent = me.videoMuted ? 'Bật camera / Camera on' : 'Tắt camera / Camera off';
}

function fail(name, message, type, isFatal) {
    say(message);
    tell('errorOccurred', { name, message, type, isFatal, details: {} });
}

function connect() {
    closing = false;
    say('Đang kết nối / connecting');
    const url = new URL(`/xmpp-websocket?room=${encodeURIComponent(room)}`, location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    socket = new WebSocket(url.href);
    socket.onopen = () => send(token === null ? { t: 'login' } : { t: 'login', token });
    socket.onmessage = event => hear(JSON.parse(event.data));
    socket.onclose = () => {
        const was = joined;
        joined = false;
        participants.clear();
        draw();
        if (closing) { return; }
        if (was) { tell('videoConferenceLeft', { roomName: room }); }
        fail('connection.droppedError', 'Mất kết nối / connection lost', 'CONNECTION', true);
    };
}

function hear(message) {
    const act = {
        login: loggedIn, conference: answered, joined: entered, 'join-error': refused, left: () => finish(''),
        destroyed, kicked, presence: changed,
        'participant-joined': ({ participant }) => {
            participants.set(participant.id, participant);
            tell('participantJoined', seen(participant));
        },
        'participant-left': ({ id }) => { participants.delete(id); tell('participantLeft', { id }); },
        said: ({ id, name, text }) => tell('incomingMessage', { from: id, nick: name, message: text, privateMessage: false })
    }[message.t];
    if (act) { act(message); draw(); }
}

function loggedIn(message) {
    closing = !message.ok;
    if (message.ok) { send({ t: 'conference', room }); return; }
    fail('connection.passwordRequired', message.text, 'CONNECTION', false);
}

/* A refusal leaves a dead page, as in Jitsi: no readyToClose, no second try. */
function answered(message) {
    if (message.ok) { join(); return; }
    fail('conference.reservationError', `Reservation system error. Error code: ${message.code}, message: ${message.text}`,
        'CONFERENCE', false);
}

function join() {
    send({ t: 'join', room, name: me.name, email: me.email, password });
}

function entered(message) {
    joined = true;
    me.id = message.id;
    me.role = message.role;
    participants.clear();
    message.participants.forEach(one => participants.set(one.id, one));
    say('Đang họp (mô phỏng) / in the simulated conference');
    tell('videoConferenceJoined', {
        roomName: room, id: me.id, displayName: me.name, formattedDisplayName: `${me.name} (me)`, avatarURL: '',
        breakoutRoom: false, visitor: false
    });
    participants.forEach(one => tell('participantJoined', seen(one)));
    tell('participantRoleChanged', { id: me.id, role: me.role });
    announce();
    takeDevices();
}

function refused(message) {
    if (message.extra === 'password-required') {
        say('Phòng có mật khẩu / password required');
        return tell('passwordRequired');
    }
    const name = message.condition === 'service-unavailable' ? 'conference.max_users' : 'conference.authenticationRequired';
    fail(name, message.text || message.condition, 'CONFERENCE', false);
}

function changed({ participant }) {
    const before = participants.get(participant.id);
    participants.set(participant.id, participant);
    if (before && before.name !== participant.name) {
        tell('displayNameChange', { id: participant.id, displayname: participant.name });
    }
    if (before && before.audio_muted !== participant.audio_muted) {
        tell('participantMuted', { participantId: participant.id, isMuted: participant.audio_muted, mediaType: 'audio',
            isSelfMuted: true });
    }
}

function destroyed({ reason, jid }) {
    if (jid) { joined = false; participants.clear(); send({ t: 'conference', room }); return; }
    finish(reason || 'Phòng họp đã kết thúc / the conference has ended', true);
}

function kicked({ id }) {
    tell('participantKickedOut', { kicked: { id, local: id === me.id }, kicker: { id: 'focus' } });
    if (id !== me.id) { return; }
    joined = false;
    closing = true;
    tell('videoConferenceLeft', { roomName: room });
    say('Đã bị mời ra khỏi phòng / removed from the room');
    socket.close();
}

/* After a destroyed room a dialog waits for a click, unless the page was told not to show it. */
function finish(reason, isDestroyed = false) {
    if (joined) { tell('videoConferenceLeft', { roomName: room }); }
    joined = false;
    closing = true;
    participants.clear();
    if (socket) { socket.close(); }
    say(reason || 'Đã rời phòng / left');
    draw();
    if (isDestroyed && config.notifyOnConferenceDestruction !== false) {
        byId('dialog-text').textContent = reason;
        byId('dialog').hidden = false;
        byId('dialog-close').onclick = () => { byId('dialog').hidden = true; tell('readyToClose'); };
    } else {
        tell('readyToClose');
    }
}

function announce() {
    send({ t: 'presence', room, name: me.name, email: me.email, audio_muted: me.audioMuted, video_muted: me.videoMuted });
    draw();
}

function mute(kind, muted) {
    if (me[`${kind}Muted`] === muted) { return; }
    me[`${kind}Muted`] = muted;
    tell(`${kind}MuteStatusChanged`, { muted });
    announce();
}

async function takeDevices() {
    if (!askForDevices) { return; }
    try {
        const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
        media.audio = media.video = true;
        byId('self').srcObject = stream;
        byId('self').hidden = false;
    } catch (error) {
        tell('cameraError', { type: error.name, message: error.message });
        tell('micError', { type: error.name, message: error.message });
    }
    tell('audioAvailabilityChanged', { available: media.audio });
    tell('videoAvailabilityChanged', { available: media.video });
}

const hangup = () => { if (joined) { send({ t: 'leave', room }); } else { finish(''); } };

const commands = {
    hangup, endConference: () => send({ t: 'end', room }),
    toggleAudio: () => mute('audio', !me.audioMuted), toggleVideo: () => mute('video', !me.videoMuted),
    displayName: name => {
        me.name = String(name || '');
        tell('displayNameChange', { id: me.id, displayname: me.name });
        announce();
    },
    email: email => { me.email = String(email || ''); tell('emailChange', { id: me.id, email: me.email }); announce(); },
    password: word => { password = String(word || ''); if (!joined) { join(); } },
    subject: text => { byId('subject').textContent = text; tell('subjectChange', { subject: text }); },
    localSubject: text => { byId('subject').textContent = text; },
    sendChatMessage: text => { send({ t: 'say', room, text: String(text) }); tell('outgoingMessage', { message: text }); },
    kickParticipant: id => send({ t: 'kick', room, id }),
    overwriteConfig: table => Object.assign(config, table),
    setVideoQuality: height => { videoQuality = height; tell('videoQualityChanged', { videoQuality }); },
    setTileView: enabled => tell('tileViewChanged', { enabled: Boolean(enabled) })
};
const requests = {
    isAudioMuted: () => me.audioMuted, isVideoMuted: () => me.videoMuted,
    isAudioAvailable: () => media.audio, isVideoAvailable: () => media.video,
    getSessionId: () => `simulated-${started}`,
    getConnectionStats: () => ({ connectionQuality: 100, jvbRTT: 5, bandwidth: { download: 4000, upload: 2000 },
        bitrate: { download: 500, upload: 500 }, packetLoss: { download: 0, total: 0, upload: 0 },
        maxEnabledResolution: videoQuality, transport: [] }),
    getRoomsInfo: () => ({ rooms: [{ isMainRoom: true, id: room, jid: room, participants: [me, ...participants.values()] }] })
};

window.addEventListener('pagehide', () => {
    if (joined) { send({ t: 'leave', room }); tell('videoConferenceLeft', { roomName: room }); }
});
listen(commands, requests);
byId('audio').onclick = commands.toggleAudio;
byId('video').onclick = commands.toggleVideo;
byId('leave').onclick = hangup;
byId('join').onclick = () => { byId('prejoin').hidden = true; connect(); };
byId('subject').textContent = config.localSubject || config.subject || decodeURIComponent(room);

tell('ready');
tell('browserSupport', { supported: true });
if ((config.prejoinConfig || {}).enabled === false) { connect(); } else {
    byId('prejoin').hidden = false;
    tell('prejoinScreenLoaded');
}
