/*
 * The room page's side of external_api.js: the options in its address, events to the parent, commands and requests
 * from it; and the answers to requests that never depend on the room.
 */
export const options = readHash();
export const config = options.config || {};
const frameId = options.jitsi_meet_external_api_id;
const inFrame = frameId !== undefined && window.parent !== window;

/* Parameters after #, each value JSON; names with dots make objects. */
function readHash() {
    const out = Object.create(null);
    for (const part of location.hash.slice(1).split('&')) {
        const [name, ...rest] = part.split('=');
        if (!name) { continue; }
        let value;
        try { value = JSON.parse(decodeURIComponent(rest.join('='))); } catch { continue; }
        const path = name.split('.');
        let table = out;
        for (const key of path.slice(0, -1)) {
            if (typeof table[key] !== 'object' || table[key] === null) { table[key] = Object.create(null); }
            table = table[key];
        }
        table[path[path.length - 1]] = value;
    }
    return out;
}

const toParent = message => inFrame && window.parent.postMessage({ simulated_jitsi: frameId, ...message }, '*');
export const tell = (event, data = {}) => toParent({ event, data });

const fixed = {
    isAudioDisabled: false, isSharingScreen: false, isVisitor: false, isStartSilent: false, isModerationOn: false,
    isParticipantForceMuted: false, isP2pActive: null, isDeviceChangeAvailable: true, isDeviceListAvailable: true,
    isMultipleAudioInputSupported: false, isBreakoutRoomsSupported: false, isParticipantsPaneOpen: false,
    listBreakoutRooms: {}, getAvailableDevices: { audioInput: [], audioOutput: [], videoInput: [] },
    getCurrentDevices: {}, getContentSharingParticipants: { sharingParticipantIds: [] },
    getCustomAvatarBackgrounds: [], getDeploymentInfo: { region: 'simulated', shard: 'simulated' },
    getLivestreamUrl: undefined, setAudioInputDevice: true, setAudioOutputDevice: true, setVideoInputDevice: true,
    invite: []
};

/* Commands may come with their arguments in a list (executeCommands); those not known here are ignored. */
export function listen(commands, requests) {
    window.addEventListener('message', ({ source, data }) => {
        if (!inFrame || source !== window.parent || !data || data.simulated_jitsi !== frameId) { return; }
        const args = (data.args || []).flat();
        if (data.request === undefined) {
            if (Object.hasOwn(commands, data.command)) { commands[data.command](...args); }
        } else if (Object.hasOwn(requests, data.name)) {
            toParent({ response: data.request, result: requests[data.name](...args) });
        } else if (Object.hasOwn(fixed, data.name)) {
            toParent({ response: data.request, result: fixed[data.name] });
        } else {
            toParent({ response: data.request, error: 'not in the simulation' });
        }
    });
}
